"""Draw the pictures of the README: the real chat, the real engine, the sample shop.

    python docs/picture.py

Writes `docs/chat.svg` and `docs/chat.zh.svg`.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path

from app.context import Options
from app.tui.app import ChatApp
from app.tui.widgets.prompt import Prompt
from app.tui.widgets.turn import Turn
from assets import SAMPLES
from models.texts import Language

HERE = Path(__file__).parent
SHOTS: dict[Language, tuple[str, tuple[str, ...]]] = {
    "en": (
        "chat.svg",
        (
            "Answer from faq.md: can I return a helmet?",
            "Forecast the next 28 days of revenue in sales.csv",
        ),
    ),
    "zh": (
        "chat.zh.svg",
        ("用 常见问题.md 回答顾客：几点开门", "预测 sales.csv 未来28天的 revenue"),
    ),
}


async def shoot(language: Language, name: str, asks: tuple[str, ...]) -> None:
    """Ask, wait for the answers, and save the screen."""
    app = ChatApp(Options(language=language))
    async with app.run_test(size=(100, 44)) as pilot:
        for ask in asks:
            app.query_one(Prompt).text = ask
            await pilot.press("enter")
            await pilot.pause(0.5)
            while any(turn.view.running for turn in app.query(Turn)):
                await pilot.pause(0.2)
        await pilot.pause(1)
        (HERE / name).write_text(app.export_screenshot(title="Inhouse"), encoding="utf-8")
    app.engine.close()


async def main() -> None:
    """Draw all."""
    with tempfile.TemporaryDirectory() as shop, contextlib.chdir(shop):
        shutil.copytree(SAMPLES, shop, dirs_exist_ok=True)
        for language, (name, asks) in SHOTS.items():
            await shoot(language, name, asks)


if __name__ == "__main__":
    asyncio.run(main())
