"""The manual as a PDF on A4, drawn by Qt: chapters begin on pages of their own, and nothing is cut that fits on one.

    python3 installer/manual_pdf.py resources/help FILE.pdf VERSION

Qt breaks text between lines wherever a page ends: between a heading and what it is the heading of, and inside the rows
of tables. So each chapter is laid out, looked at, and laid out again with a page begun before what was torn apart.
"""

from __future__ import annotations

import base64
import copy
import html
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "installer")]

from manual_files import Chapter, chapters  # noqa: E402
from PySide6.QtCore import QByteArray, QMarginsF, QRectF, QSizeF, Qt  # noqa: E402
from PySide6.QtGui import (  # noqa: E402
    QFont,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextBlock,
    QTextDocument,
    QTextTable,
)

_DOTS_PER_INCH = 96  # what a px of a style is; text then has the size that it has in a browser
_PAPER = QSizeF(794, 1123)  # px; A4 at that resolution
_SIDE, _TOP, _BOTTOM = 68.0, 60.0, 72.0  # px of margin; the foot stands in the lowest
_PAGE = QSizeF(_PAPER.width() - 2 * _SIDE, _PAPER.height() - _TOP - _BOTTOM)
_TALLEST_PICTURE = 0.62  # of a page: its heading and a line about it find room beside it
_TALLEST_ROW = 0.5  # of a page: taller ones may be cut
_MOST_ROUNDS = 60  # of laying out a chapter; each mends one place
_STYLE = """
body { font-family: sans-serif; font-size: 10pt; color: #222; }
h1 { font-size: 19pt; color: #17624a; margin-bottom: 12px; }
h2 { font-size: 13pt; margin-top: 18px; margin-bottom: 4px; }
h3 { font-size: 11pt; margin-top: 12px; margin-bottom: 3px; }
p, li { margin-top: 4px; margin-bottom: 4px; }
a { color: #222; text-decoration: none; }
code { font-family: monospace; font-size: 9pt; background: #f2f2f2; }
pre { font-family: monospace; font-size: 8.5pt; background: #f2f2f2; }
td, th { font-size: 9pt; padding: 3px 6px; }
th { background: #eef3f1; text-align: left; }
"""
_RULED = "td, th { border: 1px solid #bbb; }"  # tables of chapters; the contents have no lines
_TABLE = {"cellspacing": "0", "width": "100%", "style": "border-collapse: collapse"}
_NEW_PAGE = "page-break-before: always;"


@dataclass
class LaidOut:
    """A chapter, and where a page is begun in it.

    Attributes:
        chapter: What it says.
        before: Numbers of elements that begin a page.
        rows: Numbers of rows that begin a page, by the number of the table's element.
        document: Laid out so.
    """

    chapter: Chapter
    before: set[int] = field(default_factory=set)
    rows: dict[int, set[int]] = field(default_factory=dict)
    document: QTextDocument = field(default_factory=QTextDocument)


def draw(help_folder: Path, paper: Path, version: str) -> None:
    """Write the PDF.

    Args:
        help_folder: With the pages and their pictures.
        paper: The file.
        version: On the first page.
    """
    _application = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    writer = QPdfWriter(str(paper))
    writer.setResolution(_DOTS_PER_INCH)
    margins = QMarginsF(0, 0, 0, 0)
    writer.setPageLayout(QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins))
    writer.setTitle(f"Voxelwright {version}: the manual")
    all_chapters = chapters(help_folder)
    numbers = {chapter.name: number for number, chapter in enumerate(all_chapters, 1)}
    laid = [lay_out(_for_paper(chapter, help_folder, numbers), writer) for chapter in all_chapters]
    first, starts = 2, []  # the contents have the first page
    for one in laid:
        starts.append(first)
        first += one.document.pageCount()
    painter = QPainter(writer)
    _draw_pages(painter, writer, _contents([one.chapter.title for one in laid], starts, version, writer), 1, "")
    for one, start in zip(laid, starts, strict=True):
        writer.newPage()
        _draw_pages(painter, writer, one.document, start, one.chapter.title)
    painter.end()


def _for_paper(chapter: Chapter, folder: Path, numbers: dict[str, int]) -> Chapter:
    """With pictures of a size that fits and inside the text, and with links that can be followed on paper."""
    body = copy.deepcopy(chapter.body)
    for link in body.iter("a"):
        target = link.get("href", "").partition("#")[0].removesuffix(".md")
        if target in numbers and target != chapter.name:
            link.tail = f" (chapter {numbers[target]}){link.tail or ''}"
    for image in body.iter("img"):
        data = (folder / image.get("src", "")).read_bytes()
        picture = QImage.fromData(QByteArray(data))
        scale = min(1.0, _PAGE.width() / picture.width(), _TALLEST_PICTURE * _PAGE.height() / picture.height())
        image.set("width", str(round(picture.width() * scale)))
        image.set("height", str(round(picture.height() * scale)))
        image.set("src", f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}")
    return Chapter(chapter.name, f"{numbers[chapter.name]}  {chapter.title}", body)


def lay_out(chapter: Chapter, writer: QPdfWriter) -> LaidOut:
    """Lay a chapter out so that headings stay with what follows, and rows of tables whole."""
    laid = LaidOut(chapter)
    for _ in range(_MOST_ROUNDS):
        laid.document = document_of(laid, writer)
        if not mend(laid):
            break
    return laid


def document_of(laid: LaidOut, writer: QPdfWriter) -> QTextDocument:
    """A chapter on pages, with the breaks that are noted so far."""
    return _document(_html(laid), writer, _STYLE + _RULED)


def _document(text: str, writer: QPdfWriter, style: str) -> QTextDocument:
    document = QTextDocument()
    document.documentLayout().setPaintDevice(writer)
    document.setDocumentMargin(0)
    document.setDefaultStyleSheet(style)
    document.setHtml(text)
    document.setPageSize(_PAGE)
    return document


def _html(laid: LaidOut) -> str:
    """The chapter with its page breaks."""
    body = ElementTree.Element("body")
    for number, element in enumerate(laid.chapter.body):
        for part in _pieces(element, sorted(laid.rows.get(number, ()))):
            if (number in laid.before and part[1] == 0) or part[1] > 0:
                part[0].set("style", _NEW_PAGE + part[0].get("style", ""))
            body.append(part[0])
    body[0].text = laid.chapter.title
    return ElementTree.tostring(body, encoding="unicode", method="html")


def _pieces(element: ElementTree.Element, cuts: Sequence[int]) -> Iterator[tuple[ElementTree.Element, int]]:
    """An element, or a table as several of them, each with its head; with the number of the piece."""
    if element.tag != "table":
        yield copy.deepcopy(element), 0
        return
    head, rows = element.findall("thead/tr"), element.findall("tbody/tr")
    for piece, (start, end) in enumerate(zip((0, *cuts), (*cuts, len(rows)), strict=True)):
        table = ElementTree.Element("table", dict(_TABLE))
        for part, lines in (("thead", head), ("tbody", rows[start:end])):
            ElementTree.SubElement(table, part).extend(copy.deepcopy(lines))
        yield table, piece


def mend(laid: LaidOut) -> bool:
    """Note the first place that is torn apart, so that a page begins before it; whether there was one."""
    elements = list(laid.chapter.body)
    headings = [number for number, element in enumerate(elements) if element.tag in ("h2", "h3", "h4")]
    for number, block in zip(headings, _headings(laid.document), strict=True):
        if number not in laid.before and _is_torn_off(block, laid.document):
            laid.before.add(number)
            return True
    return _mend_tables(laid, [number for number, element in enumerate(elements) if element.tag == "table"])


def _headings(document: QTextDocument) -> list[QTextBlock]:
    found, block = [], document.begin()
    while block.isValid():
        if block.blockFormat().headingLevel() > 1:
            found.append(block)
        block = block.next()
    return found


def _is_torn_off(block: QTextBlock, document: QTextDocument) -> bool:
    """Whether a heading stands on another page than the first line of what follows."""
    following = block.next()
    while following.isValid() and not following.text():
        following = following.next()
    if not following.isValid():
        return False
    place = document.documentLayout().blockBoundingRect(following)
    line = following.layout().lineAt(0).height() if following.layout().lineCount() else 0
    own = document.documentLayout().blockBoundingRect(block)
    return _page(own.top()) != _page(min(place.top() + line, place.bottom()) - 1)


def _mend_tables(laid: LaidOut, numbers: list[int]) -> bool:
    tables = [frame for frame in laid.document.rootFrame().childFrames() if isinstance(frame, QTextTable)]
    pieces = [(number, start) for number in numbers for start in (0, *sorted(laid.rows.get(number, ())))]
    for (number, start), table in zip(pieces, tables, strict=True):
        for row in range(1, table.rows()):  # 0 is the head
            top, bottom = _extent(table, row, laid.document)
            if _page(top) == _page(bottom - 1) or bottom - top > _TALLEST_ROW * _PAGE.height():
                continue
            if row > 1:
                laid.rows.setdefault(number, set()).add(start + row - 1)
                return True
            if start == 0 and number not in laid.before:
                laid.before.add(number)
                return True
    return False


def _extent(table: QTextTable, row: int, document: QTextDocument) -> tuple[float, float]:
    """Upper and lower edge of a row, px from the document's beginning."""
    layout = document.documentLayout()
    cells = [table.cellAt(row, column) for column in range(table.columns())]
    top = min(layout.blockBoundingRect(cell.firstCursorPosition().block()).top() for cell in cells)
    return top, max(layout.blockBoundingRect(cell.lastCursorPosition().block()).bottom() for cell in cells)


def _page(y: float) -> int:
    return int(y // _PAGE.height())


def _contents(titles: Sequence[str], starts: Sequence[int], version: str, writer: QPdfWriter) -> QTextDocument:
    rows = "".join(
        f'<tr><td>{html.escape(title)}</td><td align="right">{start}</td></tr>'
        for title, start in zip(titles, starts, strict=True)
    )
    text = f"<h1>Voxelwright {version}</h1><p>The manual</p><p></p>"
    return _document(f'{text}<table width="100%" cellspacing="0">{rows}</table>', writer, _STYLE)


def _draw_pages(painter: QPainter, writer: QPdfWriter, document: QTextDocument, first: int, title: str) -> None:
    for page in range(document.pageCount()):
        if page:
            writer.newPage()
        painter.save()
        painter.translate(_SIDE, _TOP - page * _PAGE.height())
        view = QRectF(0, page * _PAGE.height(), _PAGE.width(), _PAGE.height())
        document.drawContents(painter, view)
        painter.restore()
        painter.setFont(QFont("sans-serif", 8))
        foot = QRectF(_SIDE, _PAPER.height() - _BOTTOM, _PAGE.width(), _BOTTOM - 20)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(first + page))
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
