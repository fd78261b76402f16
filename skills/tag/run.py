"""Tag pictures in small batches; a bad file is named and the others go on."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.errors import BadInputError
from models.files import atomic_write
from models.texts import Catalogue, Message
from models.vision import load_image
from skills.contract import Context
from skills.events import Answer, Artifact, Assumption, Event, Progress, Skipped, Table
from skills.readers.inputs import expand
from skills.tag.face import TagRequest
from skills.tag.naming import Namer, Tagged, certainty, namer_of

TEXTS = Catalogue(__package__)
_BATCH = 8
_ROWS_SHOWN = 40
_MOST_NAMED = 3


class Tag:
    """The skill."""

    def run(self, request: TagRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        files, skipped = expand(request.files, "image", context)
        namer = namer_of(request.model, context)
        count = request.tags or namer.usual
        tagged: list[Tagged] = []
        note = context.say(TEXTS("looking"))
        for start in range(0, len(files), _BATCH):
            context.check()
            yield Progress(start, len(files), context.say(TEXTS("unit")), note)
            some = files[start : start + _BATCH]
            tagged += _batch(some, namer, count, skipped, context)
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
        limits = Assumption(context.say(namer.limits()))
        data = {
            str(one.path): [{"tag": t, "confidence": round(p, 4)} for t, p in one.tags]
            for one in tagged
        }
        text = context.say(_sentence(tagged, skipped))
        yield Answer(text, evidence=(*skipped, limits), data=data)


def _batch(
    paths: list[Path], namer: Namer, count: int, skipped: list[Skipped], context: Context
) -> list[Tagged]:
    """Tag a few pictures; those that can't be read are added to `skipped`."""
    images, good = [], []
    known: dict[Path, Tagged] = {}
    for path in paths:
        context.check()
        kept = context.ledger.get(*_key(path, namer, count))
        if kept is not None:
            tags, said = kept
            known[path] = Tagged(path, tuple((tag, p) for tag, p in tags), said)
            continue
        try:
            images.append(load_image(path))
            good.append(path)
        except BadInputError as error:
            skipped.append(Skipped(str(path), error.message(context.language)))
    if good:
        for path, (tags, said) in zip(good, namer(np.stack(images), count), strict=True):
            known[path] = Tagged(path, tuple(tags), said)
            context.ledger.put((tags, said), *_key(path, namer, count))
    return [known[path] for path in paths if path in known]


def _key(path: Path, namer: Namer, count: int) -> tuple[object, ...]:
    """Return what tells one tagging of a picture from another."""
    about = path.stat()
    return ("tag", namer.key, count, str(path), about.st_size, about.st_mtime_ns)


def _said(one: Tagged, place: int, context: Context) -> str:
    """Return how certain a tag is; only the first has a word of its own."""
    return context.say(TEXTS(one.certainty if place == 0 else certainty(one.tags[place][1])))


def _table(tagged: list[Tagged], context: Context) -> Table:
    rows = tuple(
        (
            one.path.name,
            ", ".join(f"{tag} ({_said(one, i, context)})" for i, (tag, _) in enumerate(one.tags)),
        )
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
            writer.writerow([one.path, rank, tag, f"{p:.4f}", _said(one, rank - 1, context)])
    return out.getvalue()


def _json(tagged: list[Tagged], context: Context) -> str:
    return json.dumps(
        [
            {
                "file": str(one.path),
                "tags": [
                    {"tag": t, "confidence": round(p, 4), "certainty": _said(one, i, context)}
                    for i, (t, p) in enumerate(one.tags)
                ],
            }
            for one in tagged
        ],
        ensure_ascii=False,
        indent=1,
    )


def _sentence(tagged: list[Tagged], skipped: list[Skipped]) -> Message:
    if len(tagged) == 1 and not skipped:
        one = tagged[0]
        if one.unlike:
            return TEXTS("answer_unlike", name=one.path.name, tag=one.tags[0][0])
        said = TEXTS(one.certainty)
        return TEXTS("answer_one", name=one.path.name, tag=one.tags[0][0], certainty=said)
    counts = Counter(one.tags[0][0] for one in tagged if not one.unlike)
    if not counts:
        return TEXTS("answer_all_unlike", n=len(tagged))
    most = ", ".join(f"{tag} ({n})" for tag, n in counts.most_common(_MOST_NAMED))
    doubtful, unlike = sum(one.doubtful for one in tagged), sum(one.unlike for one in tagged)
    unsure: Message | str = TEXTS("unsure_about", n=doubtful) if doubtful else ""
    new: Message | str = TEXTS("unlike_all", n=unlike) if unlike else ""
    key = "answer_many_skipped" if skipped else "answer_many"
    return TEXTS(key, n=len(tagged), most=most, unsure=unsure, new=new, skipped=len(skipped))
