"""What a message is about, in what mood, and how urgent: two opinions, blended.

Written examples (`messages.*.tsv`) taught a regression over sentence vectors, which judges in milliseconds.
What the language model finds is added: its log-probabilities, less the mean of what it gives to a few of the
examples of every group, which is what it would rather say whatever it reads. `benchmarks/triage.py` measures
each alone and both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import ModelMissingError
from models.files import atomic_write
from models.heads import Head, taught_in
from models.home import private_dir
from models.runtimes import is_weak
from models.texts import Catalogue, Language, text_lines
from skills import registry
from skills.contract import Context
from skills.events import Answer, Event, Progress

TEXTS = Catalogue(__package__)
SHEETS: dict[str, tuple[str, ...]] = {
    "intent": ("delivery", "return", "order", "product", "complaint", "praise", "other"),
    "sentiment": ("positive", "negative", "neutral"),
    "urgency": ("urgent", "can_wait"),
}
_MODELS_SAY = 0.3  # of the language model, chosen on the developed messages of benchmarks/triage
_URGENT = 0.5  # log-odds more: missing an urgent message costs more than calling one so falsely
_READ_A_GROUP = 3  # examples by which the language model's leaning is found
_LEAST = 1e-9
_Logs = npt.NDArray[np.float64]


def written_examples(language: Language) -> list[dict[str, str]]:
    """Return the messages that teach: text, intent, sentiment, urgency."""
    lines = text_lines("skills.triage", f"messages.{language}.tsv")
    return [dict(zip(("text", *SHEETS), line.split("\t"), strict=True)) for line in lines]


class Judging:
    """Judges messages; what it needs is made at the first of them and kept on disk.

    `read` says whether a language model has judged any. Benchmarks turn `examples` or `model` off.
    """

    def __init__(self, context: Context, *, examples: bool = True, model: bool = True) -> None:
        self._context = context
        self._by_examples, self._by_model = examples, model
        self.read = False
        self._heads: dict[tuple[str, Language], Head] = {}
        self._leanings: dict[tuple[str, Language], _Logs] = {}

    def judged(self, sheet: str, text: str, language: Language) -> Generator[Event, None, str]:
        """Return the group of a sheet that a message is in.

        Raises:
            ModelMissingError: Neither encoder nor language model is here for it.
        """
        found: list[_Logs] = []
        missing: ModelMissingError | None = None
        if self._by_examples:
            try:
                found.append(self._from_examples(sheet, text, language))
            except ModelMissingError as error:
                missing = error
        if self._by_model and self._can_read():
            said = yield from self._from_model(sheet, text, language)
            found.append(_MODELS_SAY * said if found else said)
        if missing and not found:
            raise missing
        logs = np.sum(found, axis=0)
        if sheet == "urgency":
            logs = logs + np.array([_URGENT, 0.0])
        return SHEETS[sheet][int(logs.argmax())]

    def _can_read(self) -> bool:
        """Say whether a language model is here that is not too small to judge."""
        try:
            self.read = not is_weak(self._context.runtimes.llm().name)
        except ModelMissingError:
            return False
        return self.read

    def _from_examples(self, sheet: str, text: str, language: Language) -> _Logs:
        """Return what the regression finds.

        Raises:
            ModelMissingError: The encoder for the language is not here.
        """
        runtimes = self._context.runtimes
        key, languages = taught_in(language, runtimes)
        if (sheet, key) not in self._heads:
            rows = [row for each in languages for row in written_examples(each)]
            self._heads[sheet, key] = Head.load(
                [row["text"] for row in rows], [row[sheet] for row in rows],
                partial(runtimes.embedder, key), (self._context.home / "cache", f"triage-{sheet}"),
            )  # fmt: skip
        shares = self._heads[sheet, key].shares(" ".join(text.split()))
        return np.log([max(shares[label], _LEAST) for label in SHEETS[sheet]])

    def _from_model(
        self, sheet: str, text: str, language: Language
    ) -> Generator[Event, None, _Logs]:
        """Return what the language model finds, less its leaning."""
        if (sheet, language) not in self._leanings:
            self._leanings[sheet, language] = yield from self._leaning(sheet, language)
        said = yield from self._said(sheet, text, language)
        logs: _Logs = said - self._leanings[sheet, language]
        return logs

    def _leaning(self, sheet: str, language: Language) -> Generator[Event, None, _Logs]:
        """Return the mean log-probabilities over as many examples of each group, from disk if it is there."""
        examples = [
            row["text"]
            for label in SHEETS[sheet]
            for row in [r for r in written_examples(language) if r[sheet] == label][:_READ_A_GROUP]
        ]
        told = [self._context.runtimes.llm().name, self._request(sheet, "", language), examples]
        digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
        path = private_dir(self._context.home / "cache") / f"triage-leaning-{digest}.json"
        try:
            return np.array(json.loads(path.read_bytes()), np.float64).reshape(len(SHEETS[sheet]))
        except (OSError, ValueError):
            found = []
        note = self._context.say(TEXTS("leaning"))
        for number, example in enumerate(examples):
            yield Progress(number, len(examples), note=note)
            found.append((yield from self._said(sheet, example, language)))
        mean: _Logs = np.mean(found, axis=0)
        atomic_write(path, json.dumps(mean.tolist()).encode(), mode=0o600)
        return mean

    def _said(self, sheet: str, text: str, language: Language) -> Generator[Event, None, _Logs]:
        request = self._request(sheet, text, language)
        answer = yield from final("classify", request, self._context)
        shares = answer.data["shares"]
        return np.log([max(shares[name], _LEAST) for name in request["labels"]])

    def _request(self, sheet: str, text: str, language: Language) -> dict[str, Any]:
        names = [TEXTS(f"label_{label}").to(language) for label in SHEETS[sheet]]
        meanings = [TEXTS(f"meaning_{label}").to(language) for label in SHEETS[sheet]]
        return {
            "text": text,
            "labels": names,
            "meanings": dict(zip(names, meanings, strict=True)),
            "once": True,
        }


def final(skill: str, values: dict[str, Any], context: Context) -> Generator[Event, None, Answer]:
    """Run another skill through its door and return its answer; what was done before is taken over.

    What takes it long the first time, such as indexing, is shown.
    """
    spec = registry.get(skill)
    request = spec.request_class().model_validate(values)
    key = ("triage 2", skill, request.model_dump_json())
    kept = context.ledger.get(*key)
    if kept is not None:
        return Answer(kept[0], refused=kept[1], data=kept[2])
    answer = None
    for event in spec.load().run(request, context):
        if isinstance(event, Answer):
            answer = event
        elif isinstance(event, Progress) and event.total:
            yield event
    assert answer is not None
    context.ledger.put([answer.text, answer.refused, answer.data], *key)
    return answer
