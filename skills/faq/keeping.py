"""Make, list and remove knowledge bases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.errors import UsageError
from models.files import existing_file
from models.texts import Catalogue
from skills.contract import Context
from skills.events import Answer, Assumption, Event, Table
from skills.faq.bases import Knowledge, find_base, forget_base, named_bases, save_base
from skills.faq.index import drop_index
from skills.faq.operations import AddRequest, ListRequest, RemoveRequest
from skills.faq.run import left_out, opened
from skills.faq.sources import kept_count
from skills.faq.unanswered import every

TEXTS = Catalogue(__package__)


class Add:
    """Add files and folders to a base, which is made if there is none of the name."""

    def run(self, request: AddRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        paths = [path.absolute() for path in request.files]
        for path in paths:
            if not path.is_dir():
                existing_file(path)
        name = " ".join(request.base.split()) or paths[0].stem or paths[0].name
        known = next(
            (b for b in named_bases(context.home) if b.key == Knowledge(name, ()).key), None
        )
        before = known.sources if known else ()
        sources = tuple(dict.fromkeys((*before, *map(str, paths))))
        base = Knowledge(known.name if known else name, sources)
        opened_base = yield from opened(base, "", context)
        save_base(context.home, base)
        evidence = left_out(opened_base, context)
        if not request.base:
            evidence.append(Assumption(context.say(TEXTS("assumed_name", name=name))))
        files = len(opened_base.contents.files)
        text = TEXTS("base_added", name=base.name, n=opened_base.size, files=files)
        data = {"base": base.name, "entries": opened_base.size, "files": files}
        yield Answer(context.say(text), evidence=tuple(evidence), data=data)


class List:
    """List the bases."""

    def run(self, request: ListRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        bases = named_bases(context.home)
        if not bases:
            yield Answer(context.say(TEXTS("no_bases")), data={"bases": []})
            return
        columns = tuple(
            context.say(TEXTS(f"column_{key}")) for key in ("base", "entries", "open", "sources")
        )
        questions = every(context.home)
        data = [
            {
                "base": base.name,
                "entries": kept_count(base, context.home),
                "unanswered": sum(q.base.key == base.key for q in questions),
                "sources": list(base.sources),
            }
            for base in bases
        ]
        rows = tuple(
            (str(d["base"]), str(d["entries"]), str(d["unanswered"]), ", ".join(base.sources))
            for d, base in zip(data, bases, strict=True)
        )
        yield Table("", columns, rows)
        text = context.say(TEXTS("bases_listed", n=len(bases)))
        yield Answer(text, data={"bases": data})


class Remove:
    """Remove a base, or some of its files; what lies on the disk of the person's stays."""

    def run(self, request: RemoveRequest, context: Context) -> Iterator[Event]:
        """See `Skill.run`."""
        base = find_base(context.home, request.base)
        if not request.files:
            drop_index(base, context.home)
            forget_base(context.home, base)
            text = TEXTS("base_removed", name=base.name)
            yield Answer(context.say(text), data={"removed": base.name})
            return
        gone = {str(path.absolute()) for path in request.files}
        unknown = gone - set(base.sources)
        if unknown:
            listed = ", ".join(base.sources)
            raise UsageError(
                TEXTS("not_in_base", path=sorted(unknown)[0], name=base.name, sources=listed)
            )
        left = tuple(source for source in base.sources if source not in gone)
        if not left:
            raise UsageError(TEXTS("last_source", name=base.name))
        smaller = Knowledge(base.name, left)
        save_base(context.home, smaller)
        now = yield from opened(smaller, "", context)
        text = TEXTS("sources_removed", name=base.name, n=now.size, names=_names(gone))
        yield Answer(context.say(text), evidence=tuple(left_out(now, context)))


def _names(paths: set[str]) -> str:
    return ", ".join(sorted(Path(path).name for path in paths))
