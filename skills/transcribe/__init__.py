"""Write out calls and recordings, with times."""

from skills.contract import SkillSpec

SPEC = SkillSpec(
    name="transcribe",
    package="skills.transcribe",
    request="skills.transcribe.face:TranscribeRequest",
    fill="skills.transcribe.face:fill",
    implementation="skills.transcribe.run:Transcribe",
    file_kinds=frozenset({"audio", "folder"}),
    models=("speech",),
)
