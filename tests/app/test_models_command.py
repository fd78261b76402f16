"""What `inhouse models pull` says."""

from __future__ import annotations

import pytest

from app.commands.models import _pull_one
from app.context import Options
from models.catalog import Model, catalog
from models.errors import TEXTS
from models.sources import ShouldStop
from models.store import Problem, Progress, Store
from models.texts import Language


class _Here(Store):
    """A store in which a model is whole, damaged, or not there."""

    def __init__(self, *, here: bool, problems: int) -> None:
        self._is_here, self._problems = here, problems

    def has(self, name: str) -> bool:
        """See `Store.has`."""
        return self._is_here

    def verify(self, model: Model) -> list[Problem]:
        """See `Store.verify`."""
        return [Problem(model.id, "model.onnx", TEXTS("file_gone"))] * self._problems

    def pull(self, model: Model, progress: Progress, should_stop: ShouldStop) -> None:
        """Fetch nothing."""


@pytest.mark.parametrize(
    ("here", "problems", "language", "said"),
    [
        (False, 0, "en", "Fetching all-minilm-l6-v2 ("),
        (True, 1, "en", "Fetching all-minilm-l6-v2 ("),
        (True, 0, "en", "Making what all-minilm-l6-v2 lacks, of what is here"),
        (True, 0, "zh", "正在用本机已有的文件补全 all-minilm-l6-v2"),
    ],
)
def test_what_is_here_is_not_said_to_be_fetched(
    here: bool, problems: int, language: Language, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = catalog().get("all-minilm-l6-v2")
    _pull_one(_Here(here=here, problems=problems), model, Options(language=language))
    assert said in capsys.readouterr().err
