"""Tag pictures in small batches; a bad file is named and the others go on."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import BadInputError
from models.files import atomic_write
from models.texts import Catalogue, Message
from models.vision import ImageModel, load_image
from skills.contract import Context
from skills.events import Answer, Artifact, Assumption, Event, Progress, Skipped, Table
from skills.readers.inputs import expand
from skills.tag.face import TagRequest

TEXTS = Catalogue(__package__)
_BATCH = 8
_SURE, _LIKELY = 0.6, 0.25
_LEAST = 0.03  # less probable tags say nothing
_ROWS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Tagged:
    """A picture with its tags, the most probable first."""

    path: Path
    tags: tuple[tuple[str, float], ...]


class Tag:
    """The skill."""

    def run(self, request: TagRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        files, skipped = expand(request.files, "image", context)
        model = context.runtimes.vision()
        tagged: list[Tagged] = []
        note = context.say(TEXTS("looking"))
        for start in range(0, len(files), _BATCH):
            context.check()
            yield Progress(start, len(files), context.say(TEXTS("unit")), note)
            tagged += _batch(files[start : start + _BATCH], model, request.tags, skipped, context)
        if not tagged:
            if len(files) == 1:
                load_image(files[0])  # says why
            raise BadInputError(TEXTS("none_readable", reason=skipped[0].reason))
        yield _table(tagged, context)
        source = request.files[0] if len(request.files) == 1 else files[0].parent
        for suffix, content in ((".csv", _csv(tagged, context)), (".json", _json(tagged, context))):
            # beside the picture or the folder, not inside it: the next run would not meet it
            path = atomic_write(context.result_path(source, suffix, "-tags"), content)
            yield Artifact(str(path), context.say(TEXTS("file")))
        limits = Assumption(context.say(TEXTS("limits", n=len(model.labels))))
        data = {
            str(one.path): [{"tag": t, "confidence": round(p, 4)} for t, p in one.tags]
            for one in tagged
        }
        text = context.say(_sentence(tagged, skipped))
        yield Answer(text, evidence=(*skipped, limits), data=data)


def _batch(
    paths: list[Path], model: ImageModel, count: int, skipped: list[Skipped], context: Context
) -> list[Tagged]:
    """Tag a few pictures; those that can't be read are added to `skipped`."""
    images, good = [], []
    known: list[Tagged] = []
    for path in paths:
        context.check()
        kept = context.ledger.get(*_key(path, model, count))
        if kept is not None:
            known.append(Tagged(path, tuple((tag, p) for tag, p in kept)))
            continue
        try:
            images.append(load_image(path))
            good.append(path)
        except BadInputError as error:
            skipped.append(Skipped(str(path), error.message(context.language)))
    if not good:
        return known
    probabilities, _ = model.classify(np.stack(images))
    found = [
        Tagged(path, _best(row, model.labels, count))
        for path, row in zip(good, probabilities, strict=True)
    ]
    for one in found:
        context.ledger.put(one.tags, *_key(one.path, model, count))
    return sorted(known + found, key=lambda one: paths.index(one.path))


def _key(path: Path, model: ImageModel, count: int) -> tuple[object, ...]:
    """Return what tells one tagging of a picture from another."""
    about = path.stat()
    return ("tag", model.name, count, str(path), about.st_size, about.st_mtime_ns)


def _best(row: np.ndarray, labels: list[str], count: int) -> tuple[tuple[str, float], ...]:
    """Return the most probable labels; at least one, and no improbable ones."""
    order = np.argsort(-row)[:count]
    kept = [int(i) for rank, i in enumerate(order) if rank == 0 or row[i] >= _LEAST]
    return tuple((labels[i], float(row[i])) for i in kept)


def confidence(probability: float) -> Message:
    """Return a probability as a word: sure, likely or unsure."""
    if probability >= _SURE:
        return TEXTS("sure")
    return TEXTS("likely" if probability >= _LIKELY else "unsure")


def _table(tagged: list[Tagged], context: Context) -> Table:
    rows = tuple(
        (one.path.name, ", ".join(f"{tag} ({context.say(confidence(p))})" for tag, p in one.tags))
        for one in tagged[:_ROWS_SHOWN]
    )
    columns = (context.say(TEXTS("picture")), context.say(TEXTS("tags")))
    return Table("", columns, rows, len(tagged))


def _csv(tagged: list[Tagged], context: Context) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "rank", "tag", "confidence", "certainty"])
    for one in tagged:
        for rank, (tag, p) in enumerate(one.tags, 1):
            writer.writerow([one.path, rank, tag, f"{p:.4f}", context.say(confidence(p))])
    return out.getvalue()


def _json(tagged: list[Tagged], context: Context) -> str:
    return json.dumps(
        [
            {
                "file": str(one.path),
                "tags": [
                    {"tag": t, "confidence": round(p, 4), "certainty": context.say(confidence(p))}
                    for t, p in one.tags
                ],
            }
            for one in tagged
        ],
        ensure_ascii=False,
        indent=1,
    )


def _sentence(tagged: list[Tagged], skipped: list[Skipped]) -> Message:
    if len(tagged) == 1 and not skipped:
        tag, p = tagged[0].tags[0]
        return TEXTS("answer_one", name=tagged[0].path.name, tag=tag, certainty=confidence(p))
    common = Counter(one.tags[0][0] for one in tagged).most_common(3)
    most = ", ".join(f"{tag} ({n})" for tag, n in common)
    count = sum(one.tags[0][1] < _LIKELY for one in tagged)
    unsure: Message | str = TEXTS("unsure_about", n=count) if count else ""
    key = "answer_many_skipped" if skipped else "answer_many"
    return TEXTS(key, n=len(tagged), most=most, unsure=unsure, skipped=len(skipped))
