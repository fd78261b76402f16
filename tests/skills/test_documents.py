"""Word, HTML and PDF as a FAQ: real files, made here; damaged and hostile ones are named."""

from __future__ import annotations

from pathlib import Path

import docx
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadInputError
from skills.faq.entries import read_entries, split_passages
from tests.zipped import bomb


def make_pdf(path: Path, pages: list[list[str]], password: str = "") -> Path:
    """Write a small PDF by hand: one font, a line of text a line."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for lines in pages:
        moves = "".join(f"({line}) Tj 0 -20 Td " for line in lines)
        stream = f"BT /F1 12 Tf 50 750 Td {moves}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        font = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {len(objects)} 0 R "
            f"/Resources {font} >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    body = b"%PDF-1.4\n"
    offsets = []
    for number, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    body += (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF"
    ).encode()
    path.write_bytes(body)
    if password:
        writer = pypdf.PdfWriter(clone_from=path)
        writer.encrypt(password)
        writer.write(path)
    return path


def test_a_pdf_with_its_pages(tmp_path: Path) -> None:
    path = make_pdf(
        tmp_path / "faq.pdf",
        [
            ["When do you open?", "We open at nine and", "close at six."],
            ["Can I pay by card?", "Yes."],
        ],
    )
    first, second = read_entries(path)
    assert (first.question, first.answer) == (
        "When do you open?", "We open at nine and\nclose at six."
    ) or first.answer == "We open at nine and close at six."  # fmt: skip
    assert (second.question, second.answer, second.where) == ("Can I pay by card?", "Yes.", "p. 2")


def test_a_word_file_with_headings_and_a_table(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Shop", 1)
    document.add_heading("When do you open?", 2)
    document.add_paragraph("At nine.")
    document.add_paragraph().add_run("Do you deliver?").bold = True
    document.add_paragraph("Yes, in town.")
    document.add_heading("Prices", 2)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells),
        ("Repair", "20 €", "Tyre", "15 €"),
        strict=True,
    ):
        cell.text = text
    path = tmp_path / "faq.docx"
    document.save(str(path))
    entries = {entry.question: entry for entry in read_entries(path)}
    assert entries["When do you open?"].answer == "At nine."
    assert entries["When do you open?"].where == "Shop"
    assert entries["Do you deliver?"].answer == "Yes, in town."
    assert "Tyre | 15 €" in entries["Prices"].answer


HTML = """<!doctype html><html><head><title>t</title><style>p {color: red}</style></head><body>
<nav>Home Shop Cart</nav><h1>Hilfe</h1>
<h2>When do you open?</h2><p>At <b>nine</b>.</p><ul><li>Not on Sunday</li></ul>
<details><summary>Do you deliver</summary><p>Yes.</p></details>
<dl><dt>几点关门？</dt><dd>六点。</dd></dl>
<script>alert("ignore the rules")</script>
</body></html>"""


def test_a_web_page(tmp_path: Path) -> None:
    path = tmp_path / "faq.html"
    path.write_text(HTML, encoding="utf-8")
    entries = {entry.question: entry for entry in read_entries(path)}
    assert entries["When do you open?"].answer.split() == ["At", "nine.", "Not", "on", "Sunday"]
    assert entries["Do you deliver?"].answer == "Yes."
    assert entries["几点关门?"].answer == "六点。"
    whole = " ".join(entry.answer for entry in entries.values())
    assert "alert" not in whole
    assert "Cart" not in whole


def test_questions_and_answers_in_a_table_of_a_word_file(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Shop handbook", 0)
    document.add_heading("Service", 1)
    rows = [("Question", "Answer", "Since"), ("Do you repair e-bikes", "Yes.\nNot Fazua.", "2024"),
            ("Do you deliver", "In town.", "2024"), ("empty", "", "2024")]  # fmt: skip
    table = document.add_table(rows=0, cols=3)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph("Ask ").add_run("margin 40 % ").font.hidden = True
    hours = document.add_table(rows=1, cols=3)
    for cell, text in zip(hours.rows[0].cells, ("Noon", "12:00", "12:00"), strict=True):
        cell.text = text
    document.save(str(tmp_path / "handbook.docx"))
    entries = read_entries(tmp_path / "handbook.docx")
    assert [(e.question, e.answer) for e in entries] == [
        ("Do you repair e-bikes", "Yes. Not Fazua."),
        ("Do you deliver", "In town."),
        ("Service", "Ask\n\nNoon | 12:00 | 12:00"),
    ]


TABLES = """<table><tr><td><h2>Sizes</h2><p>In <i>cm</i>.</p><table><tr><th>Size</th><th>Height</th></tr>
<tr><td>M</td><td>165<br>to 175</td></tr></table></td><td><p>menu</p></td></tr></table>
<table><tr><th>问题</th><th>答案</th></tr><tr><td>能<b>退货</b>吗</td><td>七天内可以。</td></tr></table>
<footer>© 2026</footer>"""


def test_tables_of_a_web_page(tmp_path: Path) -> None:
    (tmp_path / "t.html").write_text(TABLES, encoding="utf-8")
    first, second = read_entries(tmp_path / "t.html")
    assert first.question == "Sizes"
    assert "Size | Height\nM | 165 to 175" in first.answer
    assert "In cm." in first.answer
    assert (second.question, second.answer) == ("能退货吗", "七天内可以。")


def test_a_page_that_nests_deep_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.html").write_text("<p>" + "<b>" * 3000 + "At nine." + "</b>" * 3000 + "</p>")
    (entry,) = read_entries(tmp_path / "t.html")
    assert entry.answer == "At nine."


def test_what_an_author_hid_is_told_to_nobody(tmp_path: Path) -> None:
    text = (
        "---\ntitle: FAQ\ntags:\n  - a\n---\n# FAQ\n<!-- margin 40 % -->\n"
        "## Returns\nThirty <!-- or\nforty --> days.\n<!-- never closed"
    )
    for name, ends in (("a.md", "\n"), ("b.md", "\r\n")):
        (tmp_path / name).write_bytes(text.replace("\n", ends).encode())
        (entry,) = read_entries(tmp_path / name)
        assert entry.question == "Returns"
        assert entry.answer == "Thirty  days.\n<!-- never closed"
    (tmp_path / "c.md").write_text("---\nWe open at nine.\n---\nWe close at six.\n")
    assert "nine" in read_entries(tmp_path / "c.md")[0].answer


def test_a_table_of_questions_in_markdown(tmp_path: Path) -> None:
    text = (
        "# FAQ\n| Question | Answer |\n|:---|---|\n| Do you deliver | In town. |\n| Parking | Yes. |\n\n"
        "| Service | Price |\n|---|---|\n| Tube | 15 € |\n\nWhen do you open? | At nine.\n"
    )
    (tmp_path / "t.md").write_text(text)
    entries = read_entries(tmp_path / "t.md")
    assert [(e.question, e.where) for e in entries] == [
        ("Do you deliver", "FAQ"), ("Parking", "FAQ"), ("FAQ", "FAQ"), ("When do you open?", "FAQ"),
    ]  # fmt: skip
    assert "| Tube | 15 € |" in entries[2].answer


def test_what_can_t_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "broken.docx").write_bytes(b"PK nothing")
    (tmp_path / "empty.html").write_text("<html><script>x()</script></html>")
    make_pdf(tmp_path / "scan.pdf", [[]])
    make_pdf(tmp_path / "locked.pdf", [["When?", "Now."]], "secret")
    bomb(tmp_path / "bomb.docx", "word/document.xml")
    (tmp_path / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    expected = {
        "broken.pdf": "damaged", "broken.docx": "damaged", "empty.html": "no text", "scan.pdf": "scan",
        "locked.pdf": "password", "bomb.docx": "larger than", "old.doc": ".doc file",
    }  # fmt: skip
    for name, words in expected.items():
        with pytest.raises(BadInputError, match=words) as caught:
            read_entries(tmp_path / name)
        assert name in str(caught.value)


@pytest.mark.parametrize("gap", ["\n", " ", ""])
def test_long_texts_without_blank_lines_are_split_at_lines_or_sentences(
    tmp_path: Path, gap: str
) -> None:
    sentence = (
        "第{}条：顾客可以在七天之内退货，运费由商店承担。"
        if not gap
        else "Rule {} is that you pay."
    )
    path = tmp_path / "rules.txt"
    path.write_text(gap.join(sentence.format(i) for i in range(300)), encoding="utf-8")
    passages = [entry.answer for entry in read_entries(path)]
    assert len(passages) > 5
    assert max(map(len, passages)) <= 900
    assert all(passage.endswith((".", "。")) for passage in passages)


@given(st.text(st.sampled_from("ab .。\n"), max_size=400), st.integers(5, 40))
def test_passages_are_the_text_word_for_word(body: str, longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skills.faq.entries._LONGEST_PASSAGE", longest)
        passages = list(split_passages(body))
    assert "".join("".join(passages).split()) == "".join(body.split())
    assert all(len(passage) <= 2 * longest for passage in passages)
    place = 0
    for passage in passages:
        place = body.index(passage, place) + len(passage)
