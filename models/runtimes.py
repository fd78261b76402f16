"""Loads models on first use and keeps them warm. Lives in the engine process."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, cast

import msgspec
import psutil

from models.adapters import reading_adapter
from models.catalog import Model, catalog
from models.devices import Use, choose, threads
from models.embedder import BOTH, FAST, FINDER, TAUGHT, Embedder, SideBySide, name_for
from models.errors import TEXTS, BadInputError, CorruptModelError, InhouseError, ResourceError
from models.files import existing_file
from models.llm import LanguageModel
from models.odds import Odds
from models.preferences import Wish, preferences
from models.speech import SpeechModel
from models.store import Store
from models.vision import ImageModel

_T = TypeVar("_T", bound="_Runtime")
_MEGA = 1_000_000
_WEAK = ("smollm2",)
_FEW_TEXTS = 3000  # mpnet reads some eighty texts a second on two cores


class _Runtime(Protocol):
    """What all engines have: what they run on."""

    use: Use


def is_weak(name: str) -> bool:
    """Say whether a chat model is too small to judge texts."""
    return name.casefold().startswith(_WEAK)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is warm: what it runs on, and the memory it took, in bytes."""

    name: str
    task: str
    use: Use
    memory: int


class Runtimes:
    """The four engines. When memory is short, the least recently used models leave that nobody keeps.

    Each method raises `ModelMissingError`, naming the command that fetches the model, if its weights
    are not on disk, and `CorruptModelError` if they are damaged.
    """

    def __init__(self, store: Store | None = None, wish: Wish = "auto") -> None:
        self.store = store or Store()
        self.wish = wish
        self.threads = threads()
        self._odds: Odds | None = None
        self._warm: dict[str, _Runtime] = {}
        self._kept: Counter[int] = Counter()
        self.loaded: dict[str, Loaded] = {}

    def llm(self) -> LanguageModel:
        """Return the chat model of the person's own choice, else the best one on disk.

        Raises:
            BadInputError: The file that is named is not there, or no GGUF that llama.cpp can load.
        """
        chosen = preferences().chat_model
        if chosen:
            return self._own_llm(existing_file(Path(chosen).expanduser()))
        model = self.store.best("llm")
        return self._get(model, "llama.cpp", self._load_llm)

    def reader(self) -> LanguageModel | None:
        """Return the chat model as a judge of texts; None if none is here that is good enough."""
        try:
            return self.llm() if self.reader_name() else None
        except InhouseError:  # damaged, or too little memory
            return None

    def reader_name(self) -> str:
        """Return the name of the chat model, which need not be loaded for it, if it can judge texts."""
        chosen = preferences().chat_model
        try:
            name = Path(chosen).stem if chosen else self.store.best("llm").id
        except InhouseError:
            return ""
        return "" if is_weak(name) else name

    @contextmanager
    def keeping(self, model: _Runtime) -> Iterator[None]:
        """Hold on to a model while it is worked with: it does not leave for another, however short memory is.

        Who works on what else needs memory gets a `ResourceError` for the other one.
        """
        self._kept[id(model)] += 1
        try:
            yield
        finally:
            self._kept[id(model)] -= 1

    def odds(self) -> Odds:
        """Return how surely the chat model says yes; it keeps the states of what it read.

        A model of the catalog does so as it was taught, where it was.
        """
        model = self.llm()
        if self._odds is None or self._odds.model is not model:
            own = preferences().chat_model
            self._odds = Odds(model, None if own else reading_adapter(model.name))
        return self._odds

    def _own_llm(self, path: Path) -> LanguageModel:
        """Load a GGUF of the person's own."""
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise BadInputError(TEXTS("not_gguf", path=path))

        def load(_: Model, use: Use) -> LanguageModel:
            return LanguageModel(path, path.stem, use, self.threads)

        megabytes = path.stat().st_size // _MEGA
        entry = Model(path.name, "llm", "", ("any",), megabytes, (), (), (), id=str(path))
        try:
            return self._get(entry, "llama.cpp", load)
        except ValueError as error:  # llama.cpp could not make sense of it, on the CPU either
            raise BadInputError(TEXTS("not_gguf", path=path)) from error

    def speech(self, language: str | None = None) -> SpeechModel:
        """Return the best recogniser on disk for a language; None means it must find out."""
        model = self.store.best("speech", "any" if language in (None, "en") else "zh")
        return self._get(model, "CTranslate2", self._load_speech)

    def embedder(self, language: str = "en") -> Embedder:
        """Return MiniLM for English, multilingual e5-small for anything else."""
        return self._embedder(name_for(language))

    def finder(self, language: str, texts: int) -> Embedder:
        """Return what finds best among so many texts: for a few English ones mpnet, where it is here.

        An encoder does so as it was taught, where it was; its name says which lesson it had.
        """
        few = language == "en" and texts <= _FEW_TEXTS and self.store.has(FINDER)
        name = FINDER if few else name_for(language)
        lesson = self.store.made(name, TAUGHT)
        return (
            self._in_form(name, f"{name}@{lesson[:8]}", TAUGHT) if lesson else self._embedder(name)
        )

    def _embedder(self, name: str) -> Embedder:
        if name not in self._warm:  # what is missing is named before any other model leaves
            self.store.folder(name)
        return self._get(catalog().get(name), "ONNX Runtime", self._load_embedder)

    def fast_embedder(self, language: str = "en") -> Embedder | SideBySide:
        """Return the same as `embedder` in the form for many texts, where the store has one.

        It is for sorting, where a head learns from these vectors; for finding, a cosine that is a little
        off may put the wrong entry first. `BOTH` in the place of a language means two encoders.
        """
        if language == BOTH:
            return SideBySide([self._fast("en"), self._embedder(FINDER)])
        return self._fast(language)

    def _fast(self, language: str) -> Embedder:
        name = name_for(language)
        made = self.store.made(name, FAST)
        return self._in_form(name, name, FAST) if made else self.embedder(language)

    def _in_form(self, model: str, name: str, file: str) -> Embedder:
        """Return an encoder that runs from another file than `model.onnx`."""
        key = f"{model} {Path(file).stem}"
        if key not in self._warm:
            self.store.folder(model)

        def load(_: Model, use: Use) -> Embedder:
            self.store.used(model)
            return Embedder(self.store.root / model, name, use, self.threads, file)

        entry = msgspec.structs.replace(catalog().get(model), id=key)
        return self._get(entry, "ONNX Runtime", load)

    def own_embedder(self, folder: Path) -> Embedder:
        """Return an encoder of the person's own: a folder with `model.onnx` and `encoder.json`.

        Raises:
            CorruptModelError: The folder does not hold one.
        """
        path = folder / "model.onnx"
        try:
            base = str(json.loads((folder / "encoder.json").read_text(encoding="utf-8"))["base"])
            megabytes = 2 * path.stat().st_size // _MEGA + 50
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptModelError(TEXTS("own_encoder_damaged", path=folder)) from error

        def load(_: Model, use: Use) -> Embedder:
            return Embedder(folder, f"{base}@{folder}", use, self.threads)

        made = path.stat().st_mtime_ns
        entry = Model(base, "embedder", "", ("any",), megabytes, (), (), (), id=f"{folder} {made}")
        return self._get(entry, "ONNX Runtime", load)

    def vision(self) -> ImageModel:
        """Return the image model."""
        return self._get(self.store.best("vision"), "ONNX Runtime", self._load_vision)

    def _get(self, model: Model, engine: str, load: Callable[[Model, Use], _T]) -> _T:
        if model.id in self._warm:
            self._warm[model.id] = self._warm.pop(model.id)  # the last one is the one used last
        else:
            self._make_room(model)
            process = psutil.Process()
            before = process.memory_info().rss
            warm = _load(model, engine, self.wish, load)
            taken = max(0, process.memory_info().rss - before)
            self._warm[model.id] = warm
            self.loaded[model.id] = Loaded(model.id, model.task, warm.use, taken)
            self.store.used(model.id)
        return cast(_T, self._warm[model.id])

    def _make_room(self, model: Model) -> None:
        """Let the models that were used longest ago go until a new one fits into free memory.

        Raises:
            ResourceError: It does not fit even so.
        """
        needed = model.memory_mb * _MEGA
        may_leave = [name for name, warm in self._warm.items() if not self._kept[id(warm)]]
        for name in may_leave:
            if psutil.virtual_memory().available >= needed:
                return
            self._drop(name)
        free = psutil.virtual_memory().available
        if free < needed:
            values = {"needed": model.memory_mb, "free": free // _MEGA}
            raise ResourceError(TEXTS("no_memory", name=model.id, **values))

    def _drop(self, name: str) -> None:
        warm = self._warm.pop(name)
        self.loaded.pop(name, None)
        if isinstance(warm, LanguageModel):
            self._odds = None
            warm.close()  # its callback refers back to it: nothing else would free it soon
        del warm
        gc.collect()

    def _load_llm(self, model: Model, use: Use) -> LanguageModel:
        return LanguageModel(self.store.file(model.id, "model.gguf"), model.id, use, self.threads)

    def _load_speech(self, model: Model, use: Use) -> SpeechModel:
        return SpeechModel(self.store.folder(model.id), model.id, use, self.threads)

    def _load_embedder(self, model: Model, use: Use) -> Embedder:
        return Embedder(self.store.folder(model.id), model.id, use, self.threads)

    def _load_vision(self, model: Model, use: Use) -> ImageModel:
        return ImageModel(self.store.folder(model.id), model.id, use, self.threads)


def _load(model: Model, engine: str, wish: Wish, load: Callable[[Model, Use], _T]) -> _T:
    """Load on the device of choice; a GPU that does not take the model is given up for the CPU."""
    use = choose(engine, wish)
    try:
        return load(model, use)
    except InhouseError:
        raise
    except Exception as error:
        if use.device == "cpu":
            raise
        reason = TEXTS("device_failed", device=use.device.upper(), reason=type(error).__name__)
        return load(model, Use(engine, "cpu", reason))
