"""From labelled rows to a model with a card: cleaning, splitting, competing, measuring, using."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.errors import CorruptModelError, UsageError
from models.runtimes import Runtimes
from skills.classify import heads
from skills.classify.dataset import Columns, clean, similar_labels, split
from skills.classify.evaluating import Compare, Evaluate, List
from skills.classify.face import ClassifyRequest, fill
from skills.classify.heads import Features, compete, encoded, features_of
from skills.classify.kept import forget_rows
from skills.classify.operations import (
    CompareRequest,
    EvaluateRequest,
    ListRequest,
    TrainRequest,
    chosen,
    fill_named,
    fill_train,
)
from skills.classify.run import Classify
from skills.classify.textmodel import TextModel
from skills.classify.training import Train
from skills.classify.words import Words
from skills.contract import Context, Said
from skills.events import Answer, Assumption, Event, Metric, Skipped, Table
from skills.linear import log_softmax, scale_of, simplest
from skills.measures import auroc, interval
from skills.readers.files import find_files
from skills.readers.tables import read_table
from skills.report import abstention, calibration_error, measure, suspects
from skills.trained import find, folder_of, names
from tests.conftest import Program

PARTS = {
    "delivery": ("parcel", "courier", "shipment", "package", "delivery van", "tracking number"),
    "returns": ("refund", "money back", "return label", "exchange", "send it back", "credit note"),
    "repair": ("broken brake", "flat tyre", "bent wheel", "loose chain", "torn cable", "dead battery"),
}  # fmt: skip
FRAMES = (
    "where is my {}", "I have a question about the {}", "the {} is a problem, please help",
    "can somebody look at the {} today", "still nothing heard about the {}", "my {} again",
    "what about the {} for order {}", "hello, it is about a {} from last week",
)  # fmt: skip


def examples(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Return texts with their labels, all different."""
    draw = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < count:
        label = draw.choice(list(PARTS))
        frame = draw.choice(FRAMES).replace("{}", draw.choice(PARTS[label]), 1)
        found.setdefault(f"{frame.format(draw.randrange(999))} {draw.randrange(10_000)}", label)
    return list(found.items())


def write(
    path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...] = ("text", "topic")
) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def final(events: Any) -> Answer:
    answer = list(events)[-1]
    assert isinstance(answer, Answer)
    return answer


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    return write(tmp_path / "tickets.csv", examples(300))


def cleaned(path: Path, home: Path, small: Any = None, **more: Any) -> Any:
    options = {"merge": False, "masked": False, **more}
    columns = Columns("text", "topic", options.pop("group", ""), options.pop("time", ""))
    return clean(read_table(path), columns, Context(small, home), **options)


def test_what_is_wrong_with_the_data_is_found(tmp_path: Path, home: Path) -> None:
    rows = [
        ("The parcel is late", "delivery"), ("the parcel is LATE!", "delivery"),
        ("I want a refund", "returns"), ("I want a refund", "delivery"), ("", "returns"),
        ("no label here", ""), ("write to ana@shop.com about the parcel", "delivery"),
        ("my shipment number 4711 did not arrive at the house", "delivery"),
        ("my shipment number 4711 did not arrive at the houses", "delivery"),
    ]  # fmt: skip
    found = cleaned(write(tmp_path / "x.csv", rows), home, masked=True)
    assert found.findings == {
        "repeated": 1, "contradiction": 2, "empty_text": 1, "no_label": 1, "masked": 1,
        "near_duplicates": 1,
    }  # fmt: skip
    assert "write to [email] about the parcel" in found.texts
    assert found.clusters[-1] == found.clusters[-2]
    where = {item.row for item in found.evidence if isinstance(item, Skipped)}
    assert where == {4, 5, 6}


def test_a_column_that_names_no_groups_is_refused_at_once(home: Path, tmp_path: Path) -> None:
    rows = [(text, f"order {i} of {text}") for i, (text, _) in enumerate(examples(5000))]
    path = write(tmp_path / "x.csv", rows)
    context = Context(None, home)
    for ask in (
        lambda: Train().run(TrainRequest(file=path, label="topic"), context),
        lambda: Classify().run(ClassifyRequest(file=path, learn="topic"), context),
    ):
        with pytest.raises(UsageError, match="topic"):
            list(ask())


def test_of_very_many_rows_some_are_drawn_and_that_is_said(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skills.classify.dataset._MOST_ROWS", 50)
    found = cleaned(write(tmp_path / "x.csv", examples(60)), home)
    assert len(found.texts) == len(found.clusters) == 50
    assert found.numbers == sorted(found.numbers)
    assert any(isinstance(i, Assumption) and "50 of 60 rows" in i.text for i in found.evidence)
    request = ClassifyRequest(file=tmp_path / "x.csv", learn="topic")
    answer = final(Classify().run(request, Context(Runtimes(), home, out=home)))
    assert any(isinstance(i, Assumption) and "50 of 60 rows" in i.text for i in answer.evidence)


def test_misspelt_labels_are_merged_only_when_told(tmp_path: Path, home: Path) -> None:
    rows = [*examples(60), ("a late courier", "delivry"), ("the courier came", "Delivery")]
    path = write(tmp_path / "x.csv", rows)
    kept = cleaned(path, home)
    assert kept.suggestions == {"delivry": "delivery", "Delivery": "delivery"}
    assert {"delivry", "Delivery"} <= set(kept.labels)
    merged = cleaned(path, home, merge=True)
    assert set(merged.labels) == set(PARTS)
    assert similar_labels(Counter({"plan A": 50, "plan B": 1})) == {}
    assert similar_labels(Counter({"2023": 50, "2024": 1})) == {}


@settings(max_examples=30)
@given(st.integers(0, 1000))
@example(517)
def test_near_duplicates_stay_on_one_side(seed: int) -> None:
    from skills.classify.dataset import Rows

    draw = np.random.default_rng(seed)
    n = 200
    clusters = draw.integers(0, 150, n)
    y = draw.integers(0, 3, n)
    rows = Rows([""] * n, [""] * n, list(range(n)), clusters)
    train, test = split(rows, y)
    assert sorted([*train, *test]) == list(range(n))
    assert not set(clusters[train]) & set(clusters[test])
    assert 0.08 * n <= len(test) <= 0.25 * n


def test_the_latest_rows_are_held_back(tmp_path: Path, home: Path) -> None:
    rows = [
        (text, label, f"2024-{1 + i // 28:02}-{1 + i % 28:02}")
        for i, (text, label) in enumerate(examples(200))
    ]
    random.Random(1).shuffle(rows)
    found = cleaned(write(tmp_path / "x.csv", rows, ("text", "topic", "day")), home, time="day")
    y = np.zeros(len(found.texts), np.int64)
    train, test = split(found, y)
    assert max(found.order[i] for i in train) < min(found.order[i] for i in test)


def test_the_simplest_within_a_standard_error_wins() -> None:
    y = np.array([0, 1] * 100)
    good = np.stack([1.0 - y, y], axis=1) * 4
    worse = good.copy()
    worse[:3] = worse[:3, ::-1]  # three other rows wrong than the best: within the noise
    good[10:11] = good[10:11, ::-1]
    good[20:21] = good[20:21, ::-1]
    bad = good.copy()
    bad[:60] = bad[:60, ::-1]
    assert simplest({"centroids": worse, "vectors": good}, y) == "centroids"
    assert simplest({"centroids": bad, "vectors": good, "words": good}, y) == "vectors"


def test_calibration_and_abstention() -> None:
    draw = np.random.default_rng(0)
    y = draw.integers(0, 2, 4000)
    logits = draw.normal(0, 1, (4000, 2))
    truth = np.exp(log_softmax(logits))
    y = (draw.random(4000) < truth[:, 1]).astype(np.int64)
    assert scale_of(5 * logits, y) == pytest.approx(0.2, rel=0.15)
    sure = truth.max(axis=1)
    right = (truth.argmax(axis=1) == y).astype(float)
    assert calibration_error(sure, right) < 0.03
    least, coverage, kept = abstention(sure, right)
    assert kept >= 0.95
    assert 0 < coverage < 1
    assert (right[sure >= least]).mean() == pytest.approx(kept, abs=0.01)
    assert abstention(sure, np.zeros(4000))[1] == 0.0


def test_the_report_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    draw = np.random.default_rng(0)
    y = draw.integers(0, 4, 300)
    shares = draw.dirichlet(np.ones(4), 300)
    shares[np.arange(300), y] += 0.4
    report = measure(list("abcd"), y, shares, 0)
    said = shares.argmax(axis=1)
    assert report.accuracy[0] == pytest.approx(accuracy_score(y, said))
    assert report.accuracy[1] < report.accuracy[0] < report.accuracy[2]
    expected = np.stack(precision_recall_fscore_support(y, said)[:3], axis=1)
    assert np.allclose(report.classes[0], expected)
    assert report.n == 300
    assert json.loads(json.dumps(report.as_dict()))["n"] == 300


def test_wrong_labels_are_suspected() -> None:
    draw = np.random.default_rng(0)
    y = draw.integers(0, 3, 300)
    shares = np.full((300, 3), 0.05)
    shares[np.arange(300), y] = 0.9
    given_ = y.copy()
    given_[:15] = (given_[:15] + 1) % 3
    assert set(suspects(given_, shares)) == set(range(15))


def test_measures() -> None:
    low, high = interval([0.0, 1.0] * 500)
    assert low < 0.5 < high
    assert high - low == pytest.approx(0.062, abs=0.01)
    assert np.isnan(interval([])[0])
    assert auroc([1, 2, 3], [0, 1]) == pytest.approx(5.5 / 6)
    assert np.isnan(auroc([], [1]))


@pytest.mark.small
def test_a_model_is_trained_measured_and_used(
    small: Runtimes, home: Path, tmp_path: Path, tickets: Path
) -> None:
    context = Context(small, home)
    events: list[Event] = list(Train().run(TrainRequest(file=tickets, name="Topics"), context))
    answer = final(events)
    assert answer.data["accuracy"][0] > 0.9
    assert answer.data["n"] == pytest.approx(60, abs=6)
    assert {"majority", "macro_f1", "expected_calibration_error"} <= set(answer.data)
    metrics = [item for item in answer.evidence if isinstance(item, Metric)]
    assert metrics[0].low is not None
    assert metrics[1].baseline_name.startswith("TF-IDF")
    assert sum(isinstance(event, Table) for event in events) >= 3
    card = json.loads((home / "trained" / "Topics" / "card.json").read_text())
    assert card["data"]["labels"].keys() == PARTS.keys()
    assert len(card["data"]["sha256"]) == 64
    assert all(path.stat().st_mode & 0o077 == 0 for path in (home / "trained" / "Topics").iterdir())
    test = write(tmp_path / "test.csv", [*examples(80, seed=5), ("a riddle", "riddles")])
    measured = final(Evaluate().run(EvaluateRequest(name="topics", file=test), context))
    assert measured.data["n"] == 80
    assert measured.data["accuracy"][0] > 0.9
    assert any(isinstance(i, Skipped) and "riddles" in i.reason for i in measured.evidence)
    one = final(Classify().run(ClassifyRequest(text="refund please", model="topics"), context))
    assert one.data["label"] == "returns"
    assert names(home) == ["Topics"]
    listed = final(List().run(ListRequest(), context))
    assert listed.data["models"][0]["name"] == "Topics"


@pytest.mark.small
def test_two_models_are_compared_in_pairs(small: Runtimes, home: Path, tickets: Path) -> None:
    context = Context(small, home)
    broken = write(
        tickets.with_name("bad.csv"),
        [(text, "repair" if i % 3 else label) for i, (text, label) in enumerate(examples(300))],
    )
    for path, name in ((tickets, "good"), (broken, "bad")):
        list(Train().run(TrainRequest(file=path, name=name), context))
    test = write(tickets.with_name("test.csv"), examples(150, seed=9))
    answer = final(Compare().run(CompareRequest(first="bad", second="good", file=test), context))
    assert answer.data["difference"] > 0.1
    assert answer.data["low"] <= answer.data["difference"] <= answer.data["high"]
    same = final(Compare().run(CompareRequest(first="good", second="good"), context))
    assert same.data["p"] == 1.0
    assert "do not differ" in same.text


@pytest.mark.small
def test_a_damaged_model_is_named(small: Runtimes, home: Path, tickets: Path) -> None:
    context = Context(small, home)
    list(Train().run(TrainRequest(file=tickets, name="m"), context))
    (home / "trained" / "m" / "heads.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(CorruptModelError, match="damaged"):
        list(Classify().run(ClassifyRequest(text="x", model="m"), context))
    with pytest.raises(UsageError, match="There is no trained model"):
        find(home, "nothing")
    for name in ("", "../x", "a/b", ".hidden"):
        with pytest.raises(UsageError):
            folder_of(home, name)


def test_the_vocabulary_survives_without_pickles(tmp_path: Path) -> None:
    texts = [text for text, _ in examples(50)]
    words = Words.fit(texts)
    again = Words(tuple(json.loads(json.dumps(list(words.terms)))), words.rarity)
    assert (words.transform(texts) != again.transform(texts)).nnz == 0
    model = TextModel(["a", "b"], "words", "en", None, None, None, {"words": 1.0}, 0.5)
    model.save(tmp_path / "m")
    assert TextModel.load(tmp_path / "m").labels == ["a", "b"]


@pytest.mark.small
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_a_table_keeps_its_order_and_form(
    small: Runtimes, home: Path, tmp_path: Path, tickets: Path, suffix: str
) -> None:
    context = Context(small, home)
    list(Train().run(TrainRequest(file=tickets, name="m"), context))
    rows = [*examples(30, seed=3), ("", "empty")]
    frame = {"id": list(range(31)), "text": [r[0] for r in rows], "label": [r[1] for r in rows]}
    import pandas

    made, path = pandas.DataFrame(frame), tmp_path / f"new{suffix}"
    {
        ".csv": lambda: made.to_csv(path, index=False),
        ".jsonl": lambda: made.to_json(path, orient="records", lines=True),
        ".parquet": lambda: made.to_parquet(path),
        ".xlsx": lambda: made.to_excel(path, index=False),
    }[suffix]()
    answer = final(Classify().run(ClassifyRequest(file=path, model="m"), context))
    table = read_table(tmp_path / f"new-labelled{suffix}")
    assert table.columns == ["id", "text", "label", "label_2", "confidence", "decide"]
    assert table.column("id") == [str(i) for i in range(31)]
    right = sum(a == b for a, b in zip(table.column("label"), table.column("label_2"), strict=True))
    assert right >= 27
    assert table.column("label_2")[-1] == ""
    assert answer.data["rows"] == 31
    assert not list(tmp_path.glob(".new*.part"))


@pytest.mark.small
def test_a_kill_loses_and_repeats_no_row(
    small: Runtimes, home: Path, tmp_path: Path, tickets: Path
) -> None:
    list(Train().run(TrainRequest(file=tickets, name="m"), Context(small, home)))
    rows = [(text, str(i)) for i, (text, _) in enumerate(examples(9000, seed=4))]
    path = write(tmp_path / "many.csv", rows, ("text", "id"))
    command = [sys.executable, "-P", "-m", "app", "classify", str(path), "--model", "m", "--json"]
    killed = 0
    for _ in range(2):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ)
        )
        assert process.stdout
        for line in process.stdout:
            if b'"total"' in line and b"orting" in line:
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += bool(list(tmp_path.glob(".many*.part")))
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert killed
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["data"]["rows"] == 9000
    assert sum(last["data"]["counts"].values()) == 9000  # those of the killed attempts, too
    assert any("went on after" in str(item) for item in last["evidence"])
    with (tmp_path / "many-labelled.csv").open() as file:
        assert [row["id"] for row in csv.DictReader(file)] == [str(i) for i in range(9000)]


def test_the_operation_is_found_in_the_ask(home: Path, tickets: Path) -> None:
    def said(text: str) -> Said:
        files, bare = find_files(text)
        return Said(text, bare, files, "en")

    folder = home / "trained" / "topics"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{}")
    ask = said(f"Train a model called routes on the topic column of {tickets} for 5 minutes")
    assert chosen(ask) == "train"
    assert fill_train(ask).values == {
        "name": "routes", "minutes": 5.0, "file": str(tickets), "label": "topic",
    }  # fmt: skip
    assert chosen(said(f"evaluate topics on {tickets}")) == "evaluate"
    measured = fill_named(said(f"evaluate topics on {tickets} within 2 minutes"))
    assert measured.values == {"name": "topics", "minutes": 2.0, "file": str(tickets)}
    sorting = fill(said(f"sort {tickets} with topics, take 10 minutes"))
    assert sorting.values == {"model": "topics", "minutes": 10.0, "file": str(tickets)}
    assert chosen(said(f"Sort {tickets} into praise and complaint")) == ""


@pytest.mark.small
def test_the_command_line_trains(inhouse: Program, tickets: Path) -> None:
    done = inhouse("classify", "train", tickets, "--label", "topic", "--name", "t", "--json")
    assert done.status == 0, done.err
    assert done.last["data"]["name"] == "t"
    assert "t" in inhouse("classify", "list").out
    shown = inhouse("evaluate", "t", tickets)
    assert "right in" in shown.out
    assert inhouse("models", "compare", "t", "t").status == 0


@pytest.mark.small
def test_what_was_never_learned_is_told(
    small: Runtimes, home: Path, tickets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "simplest", lambda logits, y: "vectors")
    context = Context(small, home)
    list(Train().run(TrainRequest(file=tickets, name="m"), context))
    strange = ("Who wrote the ninth symphony?", "My cat sleeps on the sofa all day long")
    for text in strange:
        answer = final(Classify().run(ClassifyRequest(text=text, model="m"), context))
        assert answer.data["new"], text
        assert answer.data["person"]
    usual = "can somebody look at the flat tyre today"
    assert not final(Classify().run(ClassifyRequest(text=usual, model="m"), context)).data["new"]


def test_kept_rows_are_forgotten(home: Path) -> None:
    folder = home / "trained" / "m"
    folder.mkdir(parents=True)
    path = folder / "learned.jsonl"
    path.write_text('{"text": "Maria Lopez called"}\n{"text": "a refund"}\n')
    assert forget_rows(home, "maria lopez") == 1
    assert path.read_text() == '{"text": "a refund"}\n'
    assert forget_rows(home) == 1
    assert path.read_text() == ""


@pytest.mark.parametrize("telling", [True, False])
def test_names_of_groups_count_where_they_tell_something(home: Path, telling: bool) -> None:
    draw = np.random.default_rng(0)
    y = np.repeat(np.arange(6), 4)
    centres = draw.normal(size=(6, 32))
    x = centres[y] + draw.normal(scale=2.5, size=(24, 32))
    names = centres if telling else draw.normal(size=(6, 32))
    texts = [f"row {number}" for number in range(24)]
    vocabulary = Words.fit(texts)
    features = Features(
        x.astype(np.float32), vocabulary, vocabulary.transform(texts), "en",
        names=names.astype(np.float32),
    )  # fmt: skip
    context = Context(None, home)  # type: ignore[arg-type]
    assert compete(features, y, context).named is telling


def test_names_of_groups_are_read_only_where_rows_are_few(small: Runtimes, home: Path) -> None:
    context = Context(small, home)
    labels = ["late_parcel", "refund"]
    few = [f"text {number}" for number in range(20)]
    many = [f"text {number}" for number in range(80)]
    names = features_of(few, np.arange(20) % 2, context, labels=labels).names
    assert names is not None
    spoken = encoded(["late parcel", "refund"], "en", context)
    assert names == pytest.approx(spoken)
    assert features_of(many, np.arange(80) % 2, context, labels=labels).names is None
