"""Sort messages and reviews into groups."""

from skills.contract import SkillSpec

SPEC = SkillSpec(
    name="classify",
    package="skills.classify",
    request="skills.classify.face:ClassifyRequest",
    fill="skills.classify.face:fill",
    fits="skills.classify.face:fits",
    implementation="skills.classify.run:Classify",
    file_kinds=frozenset({"table", "document"}),
    operations="skills.classify.operations:OPERATIONS",
    chosen="skills.classify.operations:chosen",
    models=("llm", "embedder"),
)
