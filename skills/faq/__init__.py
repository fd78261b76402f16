"""Answer customers from the company's own FAQ, word for word, or say honestly that it isn't there."""

from skills.contract import SkillSpec

SPEC = SkillSpec(
    name="faq",
    package="skills.faq",
    request="skills.faq.face:FaqRequest",
    fill="skills.faq.face:fill",
    fits="skills.faq.face:fits",
    implementation="skills.faq.run:Faq",
    file_kinds=frozenset({"document", "table"}),
    models=("embedder",),
    operations="skills.faq.operations:OPERATIONS",
    chosen="skills.faq.operations:chosen",
    in_a_row=True,
)
