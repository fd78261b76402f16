"""Say what the figures of a table come to: totals, best and worst, one time against another, and why."""

from skills.contract import SkillSpec

SPEC = SkillSpec(
    name="figures",
    package="skills.figures",
    request="skills.figures.face:FiguresRequest",
    fill="skills.figures.face:fill",
    fits="skills.figures.face:fits",
    leaning="skills.figures.face:leaning",
    implementation="skills.figures.run:Figures",
    file_kinds=frozenset({"table"}),
    reads_results=True,
)
