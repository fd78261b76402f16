"""Find the skills that are installed, built-in and third-party, through one entry-point group."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from models.errors import InhouseError, UsageError
from models.texts import Catalogue, Language
from skills.contract import SkillSpec

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

TEXTS = Catalogue(__package__)
GROUP = "inhouse.skills"
_OWN = "inhouse"


@cache
def _points() -> dict[str, EntryPoint]:
    """Map names to entry points; a third party can't take a built-in's name."""
    from importlib.metadata import entry_points  # slow to import, and only needed by then

    found = sorted(entry_points(group=GROUP), key=_is_own)
    return dict(sorted((point.name, point) for point in found))


def _is_own(point: EntryPoint) -> bool:
    return point.dist is not None and point.dist.name == _OWN


def names() -> list[str]:
    """Return the names of all skills, importing none of them."""
    return list(_points())


def summary(name: str, language: Language = "en") -> str:
    """Return the one-line summary, without importing a stranger's code.

    A third-party module may import anything at its top, so its line comes from its package's
    metadata.
    """
    point = _points()[name]
    if _is_own(point):
        return get(name).summary(language)
    return (point.dist.metadata["Summary"] if point.dist else "") or name


@cache
def get(name: str) -> SkillSpec:
    """Return the spec of a skill, or of an operation: `faq evaluate`.

    Raises:
        UsageError: No such skill, or it has no such operation.
        InhouseError: A third-party skill that can't be imported; names the package.
    """
    skill, _, operation = name.partition(" ")
    if operation:
        specs = get(skill).operation_specs
        if operation not in specs:
            raise UsageError(TEXTS("no_skill", name=name, names=", ".join(specs) or "-"))
        return specs[operation]
    point = _points().get(name)
    if point is None:
        raise UsageError(TEXTS("no_skill", name=name, names=", ".join(names())))
    package = point.dist.name if point.dist else point.value
    try:
        spec = point.load()
    except Exception as error:
        raise InhouseError(
            TEXTS("skill_broken", name=name, package=package, reason=error)
        ) from error
    if not isinstance(spec, SkillSpec):
        raise InhouseError(
            TEXTS("skill_broken", name=name, package=package, reason="not a SkillSpec")
        )
    return spec


def all_specs() -> list[SkillSpec]:
    """Load every spec that loads; a broken one is left out here and named when it is asked for."""
    specs: list[SkillSpec] = []
    for name in names():
        try:
            specs.append(get(name))
        except InhouseError:
            continue
    return specs
