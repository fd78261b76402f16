"""Look through incoming messages: what each is about, how urgent, what to reply, who must look at it."""

from skills.contract import SkillSpec

SPEC = SkillSpec(
    name="triage",
    package="skills.triage",
    request="skills.triage.face:TriageRequest",
    fill="skills.triage.face:fill",
    implementation="skills.triage.run:Triage",
    file_kinds=frozenset({"table", "document", "mail", "audio"}),
    fits="skills.triage.face:fits",
    models=("llm", "embedder"),
)
