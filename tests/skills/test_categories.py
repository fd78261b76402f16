"""A person's own photo categories: learned from examples, measured, used, and what is none of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from models.errors import BadInputError, CorruptModelError, Stopped, UsageError
from models.runtimes import Runtimes
from skills.contract import Context, Said
from skills.events import Answer, Artifact, Assumption, Event, Metric, Skipped, Table
from skills.ledger import Ledger
from skills.readers.files import find_files
from skills.readers.names import given_name
from skills.tag.categories import PhotoModel, compete, fitted, same_thing
from skills.tag.face import TagRequest, fill
from skills.tag.learning import Evaluate, Learn
from skills.tag.operations import EvaluateRequest, LearnRequest, chosen, fill_evaluate, fill_learn
from skills.tag.run import Tag
from skills.trained import IMAGE, TEXT, find, free_folder, mentioned, names, write_card
from tests.conftest import Program


def draw(kind: str, seed: int) -> Image.Image:
    """Return a picture of a kind of pattern, each a little different."""
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", (260, 240), tuple(int(v) for v in chance.integers(180, 255, 3)))
    pen = ImageDraw.Draw(image)
    ink = tuple(int(v) for v in chance.integers(0, 120, 3))
    width = int(chance.integers(8, 20))
    if kind == "striped":
        for x in range(0, 260, 2 * width):
            pen.rectangle((x, 0, x + width, 240), fill=ink)
    elif kind == "dotted":
        for x in range(0, 260, 2 * width):
            for y in range(0, 240, 2 * width):
                pen.ellipse((x, y, x + width, y + width), fill=ink)
    else:
        left, top = (int(v) for v in chance.integers(20, 80, 2))
        pen.rectangle((left, top, left + 120, top + 110), outline=ink, width=width)
    return image


def make(folder: Path, kinds: tuple[str, ...], each: int, first: int = 0) -> Path:
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        for number in range(each):
            draw(kind, first + number).save(folder / kind / f"{number}.png")
    return folder


KINDS = ("dotted", "framed", "striped")


@pytest.fixture
def shelves(tmp_path: Path) -> Path:
    """Example photos in folders, with what people leave in them."""
    folder = make(tmp_path / "shelves", KINDS, 8)
    (folder / "striped" / "copy.png").write_bytes((folder / "striped" / "0.png").read_bytes())
    (folder / "striped" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    (folder / "framed" / "notes.txt").write_text("not a picture")
    draw("striped", 99).save(folder / "beside.png")
    for kind in ("dotted", "framed"):
        draw("dotted", 98).save(folder / kind / "both.png")
    return folder


def answer_of(events: list[Event]) -> Answer:
    answer = events[-1]
    assert isinstance(answer, Answer)
    return answer


def left_out(answer: Answer) -> dict[str, int]:
    """Return how many photos were left out, by the words that say why."""
    found: dict[str, int] = {}
    for item in answer.evidence:
        if isinstance(item, Skipped):
            found[item.reason] = found.get(item.reason, 0) + 1
    return found


@pytest.mark.small
def test_learned_measured_and_used(shelves: Path, tmp_path: Path, small: Runtimes) -> None:
    context = Context(small, tmp_path / "home")
    learned = answer_of(list(Learn().run(LearnRequest(folder=shelves, name="patterns"), context)))
    assert learned.data["n"] == 24
    assert learned.data["accuracy"][0] >= 0.9
    reasons = left_out(learned)
    assert reasons["a copy of another photo of the category"] == 1
    assert reasons["the same photo is in several categories: dotted, framed"] == 2
    assert reasons["lies beside the categories' folders, not in one"] == 1
    assert sum("broken.png" in reason for reason in reasons) == 1
    card = json.loads((tmp_path / "home/trained/patterns/card.json").read_text())
    assert card["task"] == IMAGE
    assert card["data"]["labels"] == {"dotted": 8, "framed": 8, "striped": 8}

    others = make(tmp_path / "others", KINDS, 4, first=50)
    (others / "checked").mkdir()
    draw("dotted", 70).save(others / "checked" / "1.png")
    measured = answer_of(
        list(Evaluate().run(EvaluateRequest(name="Patterns", folder=others), context))
    )
    assert measured.data["n"] == 12
    assert measured.data["accuracy"][0] >= 0.9
    with pytest.raises(BadInputError, match="All of these photos were learned from"):
        list(Evaluate().run(EvaluateRequest(name="patterns", folder=shelves), context))
    assert "the category checked was not learned" in left_out(measured)
    assert any(isinstance(item, Metric) and "none of" in item.name for item in measured.evidence)

    (others / "striped" / "cat.jpg").write_bytes(
        Path("assets/samples/photos/shop-cat.jpg").read_bytes()
    )
    request = TagRequest(files=(others / "striped",), model="patterns")
    events = list(Tag().run(request, context))
    (csv_file, _) = [Path(event.path) for event in events if isinstance(event, Artifact)]
    with csv_file.open() as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    assert len(rows) == 5  # one category a picture
    assert {rows[f"{i}.png"]["tag"] for i in range(4)} == {"striped"}
    assert rows["cat.jpg"]["certainty"].startswith("none of your categories")
    assert "1 looks like none of your categories" in answer_of(events).text


@pytest.mark.small
def test_a_photo_in_the_wrong_folder_is_pointed_at(tmp_path: Path, small: Runtimes) -> None:
    folder = make(tmp_path / "shelves", KINDS, 9)
    draw("striped", 80).save(folder / "framed" / "wrong.png")
    events = list(Learn().run(LearnRequest(folder=folder), Context(small, tmp_path / "home")))
    tables = [event for event in events if isinstance(event, Table)]
    (doubtful,) = [t for t in tables if "wrong folder" in t.title]
    assert ("framed/wrong.png", "framed", "striped") in doubtful.rows


@pytest.mark.small
def test_a_job_that_goes_on_reads_no_photo_twice(
    shelves: Path, tmp_path: Path, small: Runtimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter([False] * 40)
    stopped = Context(
        small,
        tmp_path / "home",
        should_stop=lambda: next(calls, True),
        ledger=Ledger(tmp_path / "l"),
    )
    with pytest.raises(Stopped):
        list(Learn().run(LearnRequest(folder=shelves), stopped))
    assert not names(tmp_path / "home")

    import skills.tag.photos

    read: list[Path] = []
    load = skills.tag.photos.load_image
    monkeypatch.setattr(
        skills.tag.photos, "load_image", lambda path: (read.append(path), load(path))[1]
    )
    goes_on = Context(small, tmp_path / "home", ledger=Ledger(tmp_path / "l"))
    again = answer_of(list(Learn().run(LearnRequest(folder=shelves), goes_on)))
    assert 0 < len(read) < 25
    afresh = Context(small, tmp_path / "other")
    whole = answer_of(list(Learn().run(LearnRequest(folder=shelves), afresh)))
    assert again.data["accuracy"] == whole.data["accuracy"]


@pytest.mark.small
def test_a_table_that_lists_photos(tmp_path: Path, small: Runtimes) -> None:
    make(tmp_path / "stock", KINDS, 4)
    draw("dotted", 1).save(tmp_path / "outside.png")
    table = tmp_path / "stock" / "list.csv"
    lines = [f"{n % 2},{kind}/{n}.png,{kind}" for kind in KINDS for n in range(4)]
    more = ["90,../outside.png,dotted", "91,missing.png,dotted", "92,dotted/1.png,"]
    table.write_text("shelf,photo,kind of pattern\n" + "\n".join(lines + more))
    learned = answer_of(
        list(
            Learn().run(LearnRequest(folder=table, name="stock"), Context(small, tmp_path / "home"))
        )
    )
    assert learned.data["n"] == 12
    assert left_out(learned) == {
        "no photo of that name is in the table's folder": 2,
        "no category is given": 1,
    }
    assert any("kind of pattern" in e.text for e in learned.evidence if isinstance(e, Assumption))
    shelves = LearnRequest(folder=table, name="shelves", label="Shelf")
    by_shelf = answer_of(list(Learn().run(shelves, Context(small, tmp_path / "home"))))
    assert set(by_shelf.data["classes"]) == {"0", "1"}


def test_what_holds_no_examples(tmp_path: Path, small: Runtimes) -> None:
    context = Context(small, tmp_path / "home")

    def learn(path: Path) -> None:
        list(Learn().run(LearnRequest(folder=path), context))

    with pytest.raises(BadInputError, match="is not there"):
        learn(tmp_path / "nowhere")
    draw("dotted", 1).save(tmp_path / "alone.png")
    with pytest.raises(BadInputError, match="at least two categories"):
        learn(tmp_path)
    make(tmp_path / "one", ("dotted",), 3)
    with pytest.raises(BadInputError, match="at least two categories"):
        learn(tmp_path / "one")
    make(tmp_path / "few", ("dotted",), 3)
    (tmp_path / "few" / "hats").mkdir()
    draw("framed", 1).save(tmp_path / "few" / "hats" / "1.png")
    with pytest.raises(BadInputError, match="hats has only one photo"):
        learn(tmp_path / "few")
    (tmp_path / "list.csv").write_text("name,price\nmug,3\ncup,4\n")
    with pytest.raises(BadInputError, match="names photos"):
        learn(tmp_path / "list.csv")


def test_two_tasks_do_not_take_each_other_for_theirs(tmp_path: Path) -> None:
    for name, task in (("tickets", TEXT), ("clothes", IMAGE)):
        write_card(free_folder(tmp_path, name, task), {"task": task, "name": name})
    assert names(tmp_path, IMAGE) == ["clothes"]
    assert find(tmp_path, "CLOTHES", IMAGE).name == "clothes"
    with pytest.raises(UsageError, match="sorts photos"):
        find(tmp_path, "clothes")
    with pytest.raises(UsageError, match="sorts texts"):
        find(tmp_path, "tickets", IMAGE)
    with pytest.raises(UsageError, match="is here already"):
        free_folder(tmp_path, "tickets", IMAGE)
    with pytest.raises(UsageError, match="clothes"):
        find(tmp_path, "hats", IMAGE)


def test_shots_of_the_same_thing() -> None:
    x = np.eye(4, dtype=np.float32)[[0, 1, 1, 2, 0]]
    assert same_thing(x).tolist() == [0, 1, 1, 2, 0]
    film = np.repeat(np.eye(2, dtype=np.float32), 700, axis=0)
    assert same_thing(film).tolist() == [0] * 700 + [1] * 700


def features(classes: int, each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    y = np.repeat(np.arange(classes), each)
    x = 3 * np.eye(32)[y] + chance.normal(size=(len(y), 32)) * 0.5
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32), y


def test_what_is_none_of_the_categories(tmp_path: Path) -> None:
    """Of known ones one in twenty or so is refused, of others nearly all."""
    x, y = features(4, 40, 0)
    context = Context(None, tmp_path)  # type: ignore[arg-type]
    model = fitted(x, y, list("abcd"), compete(x, y, context))
    known, right = features(4, 100, 1)
    shares, unlike = model.judged(known)
    assert (shares.argmax(axis=1) == right).mean() > 0.95
    assert 0.0 < unlike.mean() < 0.15
    others, _ = features(8, 50, 2)
    assert model.judged(others[200:])[1].mean() > 0.9

    model.save(tmp_path / "kept")
    again = PhotoModel.load(tmp_path / "kept")
    np.testing.assert_allclose(again.judged(known)[0], shares, atol=1e-6)
    assert (again.judged(known)[1] == unlike).mean() > 0.99  # kept in half precision
    (tmp_path / "kept" / "head.npz").write_bytes(b"PK broken")
    with pytest.raises(CorruptModelError, match="kept"):
        PhotoModel.load(tmp_path / "kept")


def test_a_category_that_is_in_no_fold_of_its_own(tmp_path: Path) -> None:
    """Two shots of the same thing are in one fold, so that its category can't be learned there."""
    x, y = features(3, 6, 0)
    x[-2:], y[-2:] = x[-1], 3
    found = compete(x, y, Context(None, tmp_path))  # type: ignore[arg-type]
    assert found.shares.shape == (18, 4)
    assert np.isfinite(found.shares).all()


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("learn my categories from {d}, call it clothes", "learn"),
        ("train a model named clothes on {d}", "learn"),
        ("用 {d} 学会我的类别，叫 clothes", "learn"),
        ("tag the photos in {d}", ""),
        ("test {d}", ""),
    ],
)
def test_what_an_ask_is_for(tmp_path: Path, text: str, operation: str) -> None:
    make(tmp_path / "photos", ("dotted",), 1)
    said = text.replace("{d}", str(tmp_path / "photos"))
    files, bare = find_files(said)
    whole = Said(said, bare, files, "en")
    assert chosen(whole) == operation
    if operation:
        assert fill_learn(whole).values == {"name": "clothes", "folder": str(tmp_path / "photos")}


def test_an_ask_that_names_what_was_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHOUSE_HOME", str(tmp_path))
    write_card(free_folder(tmp_path, "clothes", IMAGE), {"task": IMAGE})
    make(tmp_path / "photos", ("dotted",), 1)
    assert mentioned("evaluate clothes") == []
    for text, wanted in (("sort {d} with clothes", "clothes"), ("tag {d}", None)):
        said = text.replace("{d}", str(tmp_path / "photos"))
        files, bare = find_files(said)
        assert fill(Said(said, bare, files, "en")).values.get("model") == wanted
    text = f"check clothes with {tmp_path / 'photos'}"
    files, bare = find_files(text)
    whole = Said(text, bare, files, "en")
    assert chosen(whole) == "evaluate"
    assert fill_evaluate(whole).values == {"name": "clothes", "folder": str(tmp_path / "photos")}
    assert fill_evaluate(Said("check", "check", (), "en")).missing == "name"


@pytest.mark.parametrize(
    ("text", "noun", "name"),
    [
        ("train a model called tickets", "model", "tickets"),
        ("train the model tickets", "model", "tickets"),
        ("learn it and call it “shoes”.", "", "shoes"),
        ("训练一个模型，取名为工单", "model", "工单"),
        ("learn from photos", "", ""),
    ],
)
def test_the_name_that_an_ask_gives(text: str, noun: str, name: str) -> None:
    assert given_name(text, noun).rstrip(".") == name


@pytest.mark.small
def test_through_the_program(inhouse: Program, tmp_path: Path) -> None:
    folder = make(tmp_path / "shelves", KINDS, 5)
    done = inhouse("ask", f"learn my categories from {folder}, call them shelf", "--json")
    assert done.status == 0, done.err
    assert done.last["skill"] == "tag learn"
    assert done.last["data"]["name"] == "shelf"
    used = inhouse("--lang", "zh", "tag", folder / "dotted" / "1.png", "--model", "shelf")
    assert "dotted" in used.out
    wrong = inhouse("evaluate", "shelf", tmp_path / "x.csv")
    assert wrong.status == 2
    assert "inhouse tag evaluate" in wrong.err
    texts = inhouse("train", folder)
    assert texts.status == 2
    assert "inhouse tag learn" in texts.err
