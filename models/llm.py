"""The language model: llama.cpp, in process, one at a time."""

from __future__ import annotations

import codecs
import ctypes
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypedDict

from models.devices import Use
from models.errors import TEXTS, InhouseError, Stopped
from models.offload import layers_for

ShouldStop = Callable[[], bool]
_REPLY_MINIMUM = 64
_SPECIAL_ENDS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>")


class Turn(TypedDict):
    """One turn of a talk."""

    role: Literal["system", "user", "assistant"]
    content: str


def never() -> bool:
    """Never stop."""
    return False


class LanguageModel:
    """A chat model in GGUF form.

    Text of people's never becomes a control token: templates and contents are tokenized apart.
    """

    def __init__(
        self, path: Path, name: str, use: Use, threads: int, context_tokens: int = 4096
    ) -> None:
        import llama_cpp

        layers, of = layers_for(path, use.device, context_tokens)
        if layers >= 0 and of:
            use = replace(use, why=TEXTS("device_some_layers", why=use.why, n=layers, total=of))
        self.name, self.use = name, use
        self.context_tokens = context_tokens
        self.raw: Any = llama_cpp.Llama(
            str(path),
            n_ctx=context_tokens,
            n_batch=512,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=layers,
            verbose=False,
            seed=0,
        )
        self._should_stop: ShouldStop = never
        self._install_abort(llama_cpp)
        self._template = self._load_template(llama_cpp)
        self._ends = {self.raw.token_eos(), *self._special(_SPECIAL_ENDS)}

    def _install_abort(self, llama_cpp: Any) -> None:
        """Let a stop end even a long prompt: llama.cpp asks between its operations."""
        self._abort = llama_cpp.ggml_abort_callback(lambda _: self._should_stop())
        llama_cpp.llama_set_abort_callback(self.raw.ctx, self._abort, ctypes.c_void_p(0))

    def _load_template(self, llama_cpp: Any) -> Any:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        metadata = self.raw.metadata
        if "tokenizer.chat_template" not in metadata:
            raise InhouseError(TEXTS("no_chat_template", name=self.name))

        def text_of(token: int) -> str:
            return self.raw.detokenize([token], special=True).decode() if token >= 0 else ""

        return Jinja2ChatFormatter(
            metadata["tokenizer.chat_template"],
            eos_token=text_of(self.raw.token_eos()),
            bos_token=text_of(self.raw.token_bos()),
        )

    def _special(self, names: Sequence[str]) -> list[int]:
        """Return the tokens of those control words that this model has."""
        tokens = [self.raw.tokenize(name.encode(), add_bos=False, special=True) for name in names]
        return [found[0] for found in tokens if len(found) == 1]

    def tokens(self, text: str) -> list[int]:
        """Tokenize plain text: what looks like a control word in it stays text."""
        found: list[int] = self.raw.tokenize(text.encode(), add_bos=False, special=False)
        return found

    def cut(self, text: str, most: int) -> str:
        """Return the beginning of a text, of so many tokens at most."""
        tokens = self.tokens(text)
        if len(tokens) <= most:
            return text
        kept: str = self.raw.detokenize(tokens[:most]).decode("utf-8", "ignore")
        return kept

    def prompt(self, turns: Sequence[Turn]) -> list[int]:
        """Return the tokens of a talk, up to where the reply begins."""
        marks = [f"\ue000{i}\ue001" for i in range(len(turns))]
        marked = [{**turn, "content": mark} for turn, mark in zip(turns, marks, strict=True)]
        rest = self._template(messages=marked).prompt
        tokens: list[int] = []
        for turn, mark in zip(turns, marks, strict=True):
            before, rest = rest.split(mark, 1)
            tokens += self._control(before) + self.tokens(turn["content"])
        return tokens + self._control(rest)

    def _control(self, text: str) -> list[int]:
        found: list[int] = self.raw.tokenize(text.encode(), add_bos=False, special=True)
        return found

    def fit(self, turns: Sequence[Turn], reply_tokens: int) -> list[int]:
        """Return the prompt, dropping the oldest turns until it fits beside the reply.

        A system turn at the front and the last turn stay; a last turn that alone is too long loses
        its end.
        """
        kept = list(turns)
        room = self.context_tokens - reply_tokens
        first = 1 if kept and kept[0]["role"] == "system" else 0
        while len(kept) > first + 1 and len(self.prompt(kept)) > room:
            del kept[first]
        surplus = len(self.prompt(kept)) - room
        if surplus > 0 and kept:
            last = kept[-1]["content"]
            cut = self.cut(last, max(0, len(self.tokens(last)) - surplus))
            kept[-1] = Turn(role=kept[-1]["role"], content=cut)
        return self.prompt(kept)

    def chat(
        self,
        turns: Sequence[Turn],
        *,
        max_tokens: int = 512,
        temperature: float = 0.3,
        should_stop: ShouldStop = never,
    ) -> Iterator[str]:
        """Stream the reply.

        Raises:
            Stopped: `should_stop` said so; within a token, also while the prompt is read.
        """
        max_tokens = max(_REPLY_MINIMUM, min(max_tokens, self.context_tokens // 2))
        tokens = self.fit(turns, max_tokens)
        yield from self._write(tokens, max_tokens, temperature, should_stop, None)

    def fill(
        self,
        turns: Sequence[Turn],
        schema: dict[str, Any],
        *,
        max_tokens: int = 256,
        temperature: float = 0.0,
        should_stop: ShouldStop = never,
    ) -> Any:
        """Return a value that fits a JSON schema, held to it by a grammar while it is written.

        Raises:
            InhouseError: The value was not finished within `max_tokens`.
            Stopped: `should_stop` said so.
        """
        from llama_cpp import LlamaGrammar

        grammar = LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False)
        tokens = self.fit(turns, max_tokens)
        text = "".join(self._write(tokens, max_tokens, temperature, should_stop, grammar))
        try:
            return json.loads(text)
        except ValueError as error:
            raise InhouseError(TEXTS("schema_failed")) from error

    def _write(
        self,
        tokens: list[int],
        max_tokens: int,
        temperature: float,
        should_stop: ShouldStop,
        grammar: Any,
    ) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        with self.stopping(should_stop):
            penalty = (
                1.0 if grammar else 1.05
            )  # a penalty would shift choices away from the prompt's words
            stream = self.raw.generate(
                tokens, temp=temperature, top_p=0.9, repeat_penalty=penalty, grammar=grammar
            )
            for count, token in enumerate(stream):
                if should_stop():
                    raise Stopped
                if token in self._ends or count >= max_tokens:
                    break
                piece = decoder.decode(self.raw.detokenize([token], prev_tokens=tokens))
                if piece:
                    yield piece

    def close(self) -> None:
        """Give the memory back; the model can't be used after."""
        self.raw.close()

    def stopping(self, should_stop: ShouldStop) -> _Stopping:
        """Return a context in which native code gives up when `should_stop` says so."""
        return _Stopping(self, should_stop)


class _Stopping:
    """Points the abort callback at one ask, and turns an abort into `Stopped`."""

    def __init__(self, model: LanguageModel, should_stop: ShouldStop) -> None:
        self.model, self.should_stop = model, should_stop

    def __enter__(self) -> None:
        self.model._should_stop = self.should_stop

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.model._should_stop = never
        if isinstance(error, RuntimeError) and self.should_stop():
            self.model.raw.reset()
            raise Stopped from error
