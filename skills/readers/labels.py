"""The groups that an ask names: `into praise, complaint and question`, `分成好评和差评`."""

from __future__ import annotations

import re

_GROUPS = r"(?:labels|categories|classes|groups|tags)"
_LEAD = re.compile(
    r"\b(?:into|as(?: either)?|between|either|in(?:to)? (?:the )?" + _GROUPS + r"|"
    + _GROUPS + r"(?: are| being)?\s*[:=]?|(?:label|category|group)\s*[:=]"
    r"|whether (?:it|they|each) (?:is|are)(?: a| an)?|tell apart|distinguish|separate)"
    r"\s*[:：]?\s+(?P<list>[^.?!\n]*[^\s.?!\n])",
    re.IGNORECASE,
)  # fmt: skip
_QUESTION = re.compile(
    r"\b(?:is|are) (?:this|it|that|these|they|the following)(?: (?!an?\b)\w+)? (?:an? )?"
    r"(?P<list>[\w' -]+(?:,[\w' -]+)*,? or (?:an? )?[\w' -]+)",
    re.IGNORECASE,
)
_CHINESE_LEAD = re.compile(
    r"(?:分成|分为|分到|归为|归成|归类为|分类为|分类成|标为|标成|标记为|标签(?:是|为|有)?"
    r"|类别(?:是|为|有)?|按照?(?=[^，。]{2,30}(?:分|归|整理|标))|判断.{0,12}?(?:是|属于)|(?:是|属于)(?=[^，。：]{1,12}还是))"
    r"\s*[:：]?\s*(?P<list>[^。？！?!\n]+)"
)
_BARE_LIST = re.compile(r"(?:[:：]|[-=]>|→)\s*(?P<list>[^:：.?!。？！\n]{3,120})$")
_ANYTHING = (
    r"(?:reviews?|messages?|rows?|comments?|tickets?|e?-?mails?|entries|feedback|texts?|lines|customers?|clients?"
    r"|everything|everyone|everybody|anything|all|people|those|ones|who)"
)
_ABOUT = re.compile(
    rf"\b(?:which|what|who|find|flag|pick out|show me|filter|list)\b(?: \w+){{0,4}}? ?\b{_ANYTHING}\b"
    r"(?: (?:in|of|from|there))*(?: (?:that|which|who|where))?(?: (?:is|are|was|were))? (?:they )?"
    r"(?:(?P<complain>complain(?:s|ed|ing)?) about|mention(?:s|ed|ing)?|about|concern(?:s|ing)?|regarding"
    r"|(?:talk|ask|writ)(?:s|ed|es|e|ing)? (?:about|for)|report(?:s|ed|ing)?|want(?:s|ed|ing)?(?: to)?"
    r"|deal(?:s|ing)? with) (?:the |an? |their )?(?P<one>[\w' -]{3,40}?)(?: (?:in|from|among))?$",
    re.IGNORECASE,
)
_CHINESE_ANYTHING = r"(?:评论|留言|消息|反馈|工单|邮件|内容|顾客|客户|买家|用户|人|行|条)"
_CHINESE_ABOUT = re.compile(
    rf"(?:哪些|哪几条|谁|(?:找|挑|筛|标|列)出来?|把).{{0,6}}?{_CHINESE_ANYTHING}?(?:里面?|中|里头)?(?:是|在|都)?"
    r"(?:(?P<complain>抱怨|投诉|反映|吐槽)|提到了?|说到了?|谈到了?|讲到了?|关于|有关|涉及|要求|想要?|要|说|问)"
    rf"(?P<one>[\u4e00-\u9fffA-Za-z0-9]{{2,12}}?)(?:的{_CHINESE_ANYTHING}?(?:都|全)?(?:(?:找|挑|筛|标|列)出来)?)?$"
)
_ONE_GROUP = re.compile(
    r"\b(?:which|what)(?: \w+){0,5}? (?:are|is|sound|look)(?: like)? (?:the |an? )?(?P<one>[\w -]{3,30})\??$"
    r"|\b(?:find|flag|pick out|show me|filter|list) (?:me )?(?:all |the |every )*(?P<two>[\w -]{3,30}?)"
    r"(?: in| from| among|$)",
    re.IGNORECASE,
)
_ONE_CHINESE_GROUP = re.compile(
    r"哪些\w{0,6}?是(?P<one>[\u4e00-\u9fff]{2,6})$|(?:挑|找|筛|标)出\w{0,4}?(?P<two>[\u4e00-\u9fff]{2,4})$"
)
_SEPARATORS = re.compile(
    r"\s*(?:[,;/|、，；\n]|\band\b|\bor\b|&|\bfrom\b|\bversus\b|\bvs\.?(?=\s))\s*", re.IGNORECASE
)
_CHINESE_SEPARATORS = re.compile(r"\s*(?:[,;/|、，；\n]|以及|还是|或者|和|或|与|跟|及)\s*")
_TAIL = re.compile(
    r"\s*(?:please|for me|thanks|thank you|in (?:the|this) file"
    r"|(?:来|这样)?(?:分(?:一?下)?类?|整理|归类|标(?:注|记)?)(?:一?下)?"
    r"|[这的]?(?:[两二三四五六七八几]|\d)\s*(?:个|种)?(?:类|组|档)?(?:别)?|吧|呢|吗)\s*$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:an?|the|either|both|just|only)\s+", re.IGNORECASE)
_SENTIMENT = re.compile(
    r"\bsentiment|\bmood\b|how (?:happy|satisfied)|情感|情绪|满意度", re.IGNORECASE
)
_LONGEST = 40
_LISTED = re.compile(r"[,，、;；]")


def one_by_one(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return labels; the only one may be a list of them: `praise, complaint`."""
    if len(labels) != 1:
        return labels
    return tuple(part.strip() for part in _LISTED.split(labels[0]) if part.strip())


def find_labels(text: str) -> dict[str, str]:
    """Return the labels that a text names, with what it says of each in brackets, if anything."""
    for pattern in (_CHINESE_LEAD, _LEAD, _QUESTION, _BARE_LIST):
        for match in pattern.finditer(text):
            labels = split_labels(match["list"])
            if len(labels) >= 2:
                return labels
    return {}


_FAMILIES = (
    ("complaints", "praise", "questions"),
    ("complaint", "praise", "question"),
    ("negative", "positive", "neutral"),
    ("投诉", "表扬", "咨询"),
    ("差评", "好评"),
    ("负面", "正面", "中性"),
)


def find_one_group(text: str) -> tuple[str, ...]:
    """Return the one group that a text looks for, then what the rest is sorted into; or nothing.

    A small model tells complaints from praise and questions far better than from a nameless rest.
    """
    asked = text.strip().rstrip("?？。. ")
    for pattern, complaints, other in (
        (_ABOUT, "complaints about ", "other"), (_CHINESE_ABOUT, "抱怨", "其他"),
    ):  # fmt: skip
        if match := pattern.search(asked):
            name = match["one"].strip()
            return (complaints + name if match["complain"] else name), other
    for pattern, other in ((_ONE_GROUP, "other"), (_ONE_CHINESE_GROUP, "其他")):
        match = pattern.search(asked)
        name = clean_label((match["one"] or match["two"]) if match else "")
        if name:
            kin = next((family for family in _FAMILIES if name.lower() in family), (name, other))
            return (name, *(one for one in kin if one != name.lower() and one != name))
    return ()


def split_labels(listed: str) -> dict[str, str]:
    """Split a list of labels; `complaint (something is wrong)` describes one."""
    head = (
        re.split(r"[:：]\s|[:：]$|[:：](?=[\"“「])", listed)[0]
        if _opens_message(listed)
        else listed
    )
    protected: list[str] = []

    def keep(match: re.Match[str]) -> str:
        protected.append(match[0])
        return f"\ue000{len(protected) - 1}\ue001"

    bare = re.sub(r"[(（][^)）]*[)）]|\"[^\"]+\"|“[^”]+”|「[^」]+」", keep, head)
    separators = _CHINESE_SEPARATORS if re.search(r"[\u4e00-\u9fff]", bare) else _SEPARATORS
    labels: dict[str, str] = {}
    for part in separators.split(bare):
        whole = re.sub(r"\ue000(\d+)\ue001", lambda m: protected[int(m[1])], part).strip()
        described = re.fullmatch(r"(.+?)\s*[(（]([^)）]*)[)）]", whole)
        name, meaning = (described[1], described[2]) if described else (whole, "")
        name = clean_label(name)
        if name:
            labels.setdefault(name, meaning.strip())
    return labels


def _opens_message(listed: str) -> bool:
    return bool(re.search(r"[:：]", listed))


def clean_label(text: str) -> str:
    """Return a label without articles, quotes and polite tails; empty if it can't be one."""
    name = _ARTICLE.sub("", text.strip().strip("\"'“”‘’「」.。,，").strip())
    name = _TAIL.sub("", name).strip()
    if (
        not name
        or len(name) > _LONGEST
        or len(name.split()) > 5
        or re.search(r"[:：?？!！。]", name)
    ):
        return ""
    return name


def wants_sentiment(text: str) -> bool:
    """Say whether a text asks to sort by sentiment without naming the groups."""
    return _SENTIMENT.search(text) is not None
