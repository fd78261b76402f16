"""The chat's own commands: each opens a screen, or does a small thing at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Markdown, Static

from agents.protocol import Ask
from app.tui.clipboard import PARTS, part_of
from app.tui.record import Record
from app.tui.widgets.prompt import Prompt
from app.tui.widgets.turn import Turn
from models.home import home
from models.preferences import interface_language, preferences
from skills.events import Answer

if TYPE_CHECKING:
    from app.tui.app import ChatApp


async def run(app: ChatApp, name: str, rest: str) -> None:
    """Run one of the chat's own commands."""
    await _COMMANDS[name](app, rest)


async def show_help(app: ChatApp, rest: str = "") -> None:
    """Show what can be asked, and the keys."""
    from app.tui.commands import help_text

    await app.welcome_gone()
    await app.add(Markdown(help_text(app.options.language)))


async def clear(app: ChatApp, rest: str) -> None:
    """Empty the screen; the talk stays on disk."""
    app.drop_waiting()
    await app.transcript.remove_children()


async def leave(app: ChatApp, rest: str) -> None:
    """Leave."""
    await app.action_leave()


async def copy(app: ChatApp, rest: str) -> None:
    """Hand an answer, or a part, to the terminal's clipboard, and promise no more than that."""
    part = rest or "answer"
    if part not in PARTS:
        app.hint(app.say("copy_parts", parts=", ".join(PARTS)))
        return
    parts = (part_of(turn.view, part, app.options.language) for turn in reversed(app.query(Turn)))
    text = next(filter(None, parts), "")
    if text:
        app.copy_to_clipboard(text)  # OSC 52: the terminal does it, or does not
    app.hint(app.say("copied" if text else "nothing_to_copy", part=part))


async def show_result(app: ChatApp, rest: str) -> None:
    """Show the last file that was written, or its folder, in the system's viewer."""
    from app.opener import show_file

    files = [artifact for turn in app.query(Turn) for artifact in turn.view.artifacts]
    if not files:
        app.hint(app.say("nothing_to_open"))
        return
    path = Path(files[-1].path)
    path = path.parent if rest == "folder" else path
    app.hint(app.say("opened" if show_file(path) else "no_viewer", path=path))


async def wrong(app: ChatApp, rest: str) -> None:
    """Keep the last question whose answer was wrong, for the owner to answer better."""
    from skills.faq.bases import find_base, last_base, of_file
    from skills.faq.unanswered import keep

    finals = [turn.view.final for turn in reversed(app.query(Turn))]
    answers = [final for final in finals if isinstance(final, Answer) and final.skill == "faq"]
    final = next((a for a in answers if a.data.get("question") and a.request.get("question")), None)
    base = None
    if final and "base" in final.request:
        base = find_base(home(), str(final.request["base"]))
    elif final:
        named = final.request.get("file")
        base = of_file(Path(str(named))) if named else last_base(home())
    if final is None or base is None:
        app.hint(app.say("nothing_wrong"))
        return
    asked, near = str(final.request["question"]), str(final.data["question"])
    keep(home(), base, asked, near, float(final.data.get("score", 0.0)), wrong=True)
    app.hint(app.say("kept_as_wrong", question=asked))


async def unanswered(app: ChatApp, rest: str) -> None:
    """See the questions without an answer; answer some."""
    from app.tui.screens.unanswered import UnansweredScreen

    app.push_screen(UnansweredScreen(app.options.language))


async def sessions(app: ChatApp, rest: str) -> None:
    """Choose an earlier talk to go on with."""
    from app.tui.screens.sessions import SessionsScreen

    async def go_on(session: str | None) -> None:
        if session:
            await app.go_on_with(Record.open(session))

    app.push_screen(SessionsScreen(app.options.language), go_on)


async def jobs(app: ChatApp, rest: str) -> None:
    """See the jobs; one may be shown here."""
    from app.tui.background import follow_job
    from app.tui.screens.jobs import JobsScreen

    def show(job: str | None) -> None:
        if job:
            app.run_worker(follow_job(app, job))

    app.push_screen(JobsScreen(app.options.language), show)


async def job(app: ChatApp, rest: str) -> None:
    """Do an ask as a job, with what was said before in mind."""
    from app.tui.background import start_job

    if rest:
        start_job(app, Ask(text=rest, language=app.options.chosen))
    else:
        app.hint(app.say("job_what"))


async def models(app: ChatApp, rest: str) -> None:
    """See the models; fetch or remove some."""
    from app.tui.screens.models import ModelsScreen

    def fetch(name: str | None) -> None:
        if name:
            from app.tui.screens.fetch import FetchScreen

            app.push_screen(FetchScreen(app.options.language, [name]))

    app.push_screen(ModelsScreen(app.options.language), fetch)


def offer_models(app: ChatApp) -> None:
    """On a machine without any model, offer to fetch a set, with sizes."""
    from models.catalog import catalog
    from models.store import Store

    store = Store()
    alone = len(app.screen_stack) == 1  # nothing else was opened meanwhile
    if alone and not any(store.has(name) for name in catalog().models):
        from app.tui.screens.fetch import FetchScreen

        app.push_screen(FetchScreen(app.options.language))


async def settings(app: ChatApp, rest: str) -> None:
    """See and change the settings."""
    from app.tui.screens.settings import SettingsScreen

    themes = sorted(app.available_themes)
    app.push_screen(SettingsScreen(app.options.language, themes, lambda: put_into_effect(app)))


def put_into_effect(app: ChatApp) -> None:
    """Let changed settings count: colours and language at once, models from the next ask on."""
    chosen = preferences()
    if chosen.theme in app.available_themes:
        app.theme = chosen.theme
    if not app.options.chosen:
        app.speak(interface_language())
    app.restart_engine_with(chosen.device)


async def tour(app: ChatApp, rest: str) -> None:
    """Begin the tour, or go to its next stop."""
    from app.tui.tour import tour as lay_out

    if not app.tour or rest == "again":
        app.tour = lay_out(home() / "tour", app.options.language)
    await next_stop(app)


async def next_stop(app: ChatApp) -> None:
    """Explain the next stop of the tour and put its ask into the input box."""
    prompt = app.query_one(Prompt)
    if prompt.text.strip():
        return  # the person is typing something else: the tour waits
    await app.welcome_gone()
    stop = app.tour.pop(0)
    await app.add(Static(Content(stop.explanation), classes="tour"))
    prompt.write(stop.ask)


async def talk(app: ChatApp, rest: str) -> None:
    """Listen, as Ctrl+R does."""
    app.action_talk()


_COMMANDS = {
    "tour": tour, "talk": talk, "copy": copy, "open": show_result, "wrong": wrong,
    "unanswered": unanswered, "job": job, "jobs": jobs, "sessions": sessions, "models": models,
    "settings": settings, "help": show_help, "clear": clear, "quit": leave,
}  # fmt: skip
