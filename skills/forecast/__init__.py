"""Forecast a business series from a table, with honest bands and a backtest."""

from skills.contract import SkillSpec

SPEC = SkillSpec(
    name="forecast",
    package="skills.forecast",
    request="skills.forecast.face:ForecastRequest",
    fill="skills.forecast.face:fill",
    fits="skills.forecast.face:fits",
    leaning="skills.forecast.face:leaning",
    implementation="skills.forecast.run:Forecast",
    file_kinds=frozenset({"table"}),
)
