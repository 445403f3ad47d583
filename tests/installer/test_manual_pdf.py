"""The manual on paper: what belongs together stands on one page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import manual_pdf
import pytest
from manual_files import Chapter
from PySide6.QtGui import QFontDatabase, QImage, QPdfWriter

_LINES = "<p>" + "Some words that fill more than one line of the paper. " * 4 + "</p>"
_ROW = "<tr><td>name</td><td>" + "What it does, in words that need several lines. " * 5 + "</td></tr>"
_TABLE = f"<table><thead><tr><th>Name</th><th>What</th></tr></thead><tbody>{_ROW * 40}</tbody></table>"
_BODY = "<h1>Title</h1>" + "".join(f"<h2>Part {number}</h2>{_LINES}" for number in range(40)) + _TABLE + _LINES


@pytest.fixture
def writer(qapp: object, tmp_path: Path) -> QPdfWriter:
    if not QFontDatabase.families():
        pytest.skip("without fonts every text has no height")
    made = QPdfWriter(str(tmp_path / "paper.pdf"))
    made.setResolution(96)
    return made


def chapter(body: str) -> Chapter:
    return Chapter("name", "1  Title", ElementTree.fromstring(f"<section>{body}</section>"))


def test_headings_stay_with_their_text_and_rows_whole(writer: QPdfWriter) -> None:
    untouched = manual_pdf.LaidOut(chapter(_BODY))
    untouched.document = manual_pdf.document_of(untouched, writer)
    assert manual_pdf.mend(untouched)  # as Qt lays it out, something is torn apart
    laid = manual_pdf.lay_out(chapter(_BODY), writer)
    assert not manual_pdf.mend(laid)
    assert laid.document.pageCount() >= untouched.document.pageCount()
    assert laid.document.toPlainText().count("Part ") == 40
    assert laid.document.toPlainText().count("What it does, in words that need several lines.") == 200


def test_a_row_longer_than_a_page_does_not_go_on_for_ever(writer: QPdfWriter) -> None:
    row = "<tr><td>name</td><td>" + "Words. " * 4000 + "</td></tr>"
    laid = manual_pdf.lay_out(chapter(f"<h1>T</h1><table><thead/><tbody>{row}</tbody></table>"), writer)
    assert laid.document.pageCount() > 1


def test_a_small_manual_is_drawn_with_its_pictures(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = QImage(900, 2000, QImage.Format.Format_RGB32)
    picture.fill(0x2266AA)
    picture.save(str(tmp_path / "tall.png"))
    body = '<h1>One</h1><p><img src="tall.png" alt=""/></p><p><a href="two.md#part">Two</a> says more.</p>'
    both = [
        Chapter("one", "One", ElementTree.fromstring(f"<section>{body}</section>")),
        Chapter("two", "Two", ElementTree.fromstring("<section><h1>Two</h1><p>More.</p></section>")),
    ]
    monkeypatch.setattr(manual_pdf, "chapters", lambda _folder: both)
    manual_pdf.draw(tmp_path, tmp_path / "manual.pdf", "1.0")
    data = (tmp_path / "manual.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") >= 3
