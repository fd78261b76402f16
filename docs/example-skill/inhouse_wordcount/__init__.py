"""A skill in sixty lines. The spec holds names and import paths only; the rest loads when used."""

from skills.contract import SkillSpec

SPEC = SkillSpec(
    name="wordcount",
    package="inhouse_wordcount",
    request="inhouse_wordcount.skill:WordCountRequest",
    fill="inhouse_wordcount.skill:fill",
    implementation="inhouse_wordcount.skill:WordCount",
    file_kinds=frozenset({"document"}),
)
