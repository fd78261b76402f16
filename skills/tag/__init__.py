"""Say what is on product photos."""

from skills.contract import SkillSpec

SPEC = SkillSpec(
    name="tag",
    package="skills.tag",
    request="skills.tag.face:TagRequest",
    fill="skills.tag.face:fill",
    implementation="skills.tag.run:Tag",
    file_kinds=frozenset({"image", "folder"}),
    operations="skills.tag.operations:OPERATIONS",
    chosen="skills.tag.operations:chosen",
    models=("vision",),
)
