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
    assert entries["When do you open?"].answer.split() == ["At", "nine", ".", "Not", "on", "Sunday"]
    assert entries["Do you deliver?"].answer == "Yes."
    assert entries["几点关门?"].answer == "六点。"
    whole = " ".join(entry.answer for entry in entries.values())
    assert "alert" not in whole
    assert "Cart" not in whole


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
