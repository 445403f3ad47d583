"""The manual, in a window of its own: contents, pages with pictures, search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QImage, QResizeEvent, QShowEvent, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.gui.theme import current_colors, icon, set_role, theme
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.widgets.page_layout import loosen
from desktop_app.gui.widgets.window_place import resize_to_screen

_SETTLE_MS = 120  # after the last resize, when pictures are scaled anew
_TITLE = re.compile(r"^#\s+(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page of the manual.

    Attributes:
        path: The Markdown file; of a page that is not written in one, only its name counts.
        title: Its first heading.
        text: Its whole text.
    """

    path: Path
    title: str
    text: str


def read_manual(folder: Path) -> list[HelpPage]:
    """The pages of a manual, in the order in which ``contents.txt`` names their files, then the others by name."""
    listed = folder / "contents.txt"
    order = listed.read_text(encoding="utf-8").split() if listed.exists() else []
    pages = []
    # Behind all others.
    for path in sorted(folder.glob("*.md"), key=lambda p: (order.index(p.name) if p.name in order else 99, p.name)):
        text = path.read_text(encoding="utf-8")
        title = _TITLE.search(text)
        pages.append(HelpPage(path, title.group(1).strip() if title else path.stem, text))
    return pages


class HelpViewer(QDialog):
    """Shows the manual.

    Args:
        folder: Where the Markdown files and their pictures lie.
        further: Pages that come behind those of the folder.

    Signals:
        link_chosen: A web or mail address to open.
    """

    link_chosen = Signal(str)

    def __init__(self, folder: Path, parent: QWidget | None = None, further: Sequence[HelpPage] = ()) -> None:
        super().__init__(parent)
        self.setWindowTitle("Manual")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint, True)
        resize_to_screen(self, QSize(1000, 720))  # px, by eye
        self._folder = folder
        self._pages = [*read_manual(folder), *further]
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search the manual")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.contents = QListWidget()
        self.nothing_found = QLabel()
        self.nothing_found.setWordWrap(True)
        set_role(self.nothing_found, "muted")
        self.browser = QTextBrowser()
        self.browser.setOpenLinks(False)
        self.browser.setSearchPaths([str(folder)])
        self.browser.document().setDocumentMargin(24)  # px, by eye
        self._back = self._button("previous", "Back")
        self._forward = self._button("next", "Forward")
        self._visited: list[int] = []
        self._place = -1
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._show_fitting)
        self._arrange()
        self._connect_signals()
        self._narrow("")
        if self._pages:
            self.contents.setCurrentRow(0)

    def show_page(self, name: str) -> bool:
        """Open the page with a file name such as ``labelling.md``; False if there is none."""
        for number, page in enumerate(self._pages):
            if page.path.name == name or page.path.stem.lstrip("0123456789-") == name.removesuffix(".md"):
                self._visit(number)
                return True
        return False

    def shown_titles(self) -> list[str]:
        """Pages in the list of contents now."""
        return [self.contents.item(row).text() for row in range(self.contents.count())]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_fitting()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle.start()

    def _show_fitting(self) -> None:
        """The page has another width: fit its pictures, and stay at the same place."""
        bar = self.browser.verticalScrollBar()
        place = bar.value() / max(1, bar.maximum())
        self._show_again()
        bar.setValue(round(place * bar.maximum()))

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(SMALL)
        bar.addWidget(self._back)
        bar.addWidget(self._forward)
        bar.addWidget(self.search, 1)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addLayout(bar)
        column.addWidget(self.nothing_found)
        column.addWidget(self.contents, 1)
        splitter = QSplitter()
        splitter.addWidget(left)
        splitter.addWidget(self.browser)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([270, 730])  # px, by eye
        splitter.splitterMoved.connect(lambda _place, _index: self._settle.start())
        outer = QVBoxLayout(self)
        pad(outer, MEDIUM)
        outer.addWidget(splitter)

    def _connect_signals(self) -> None:
        self.contents.currentItemChanged.connect(self._on_chosen)
        self.search.textChanged.connect(self._narrow)
        self.search.returnPressed.connect(self._find_next)
        self.browser.anchorClicked.connect(self._on_link)
        self._back.clicked.connect(self._go_back)
        self._forward.clicked.connect(self._go_forward)
        theme().changed.connect(self._show_again)

    def _narrow(self, text: str) -> None:
        wanted = text.casefold().split()
        current = self._visited[self._place] if self._visited else -1
        self.contents.blockSignals(True)
        self.contents.clear()
        for number, page in enumerate(self._pages):
            if all(word in page.text.casefold() for word in wanted):
                item = QListWidgetItem(page.title, self.contents)
                item.setData(Qt.ItemDataRole.UserRole, number)
                if number == current:
                    self.contents.setCurrentItem(item)
        self.contents.blockSignals(False)
        self.nothing_found.setText(f"No page mentions “{text.strip()}”. Try a shorter or another word.")
        self.nothing_found.setVisible(not self.contents.count())
        if wanted and self.contents.count() and self.contents.currentItem() is None:
            self.contents.setCurrentRow(0)
        if wanted:
            self._find_first(text)
            if not self.browser.textCursor().hasSelection():
                self._find_first(wanted[0])

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._visit(item.data(Qt.ItemDataRole.UserRole))

    def _visit(self, number: int) -> None:
        if self._visited and self._visited[self._place] == number:
            return
        del self._visited[self._place + 1 :]
        self._visited.append(number)
        self._place = len(self._visited) - 1
        self._show_again()

    def _show_again(self) -> None:
        if not self._visited:
            return
        number = self._visited[self._place]
        document = self.browser.document()
        document.setBaseUrl(QUrl.fromLocalFile(f"{self._folder}/"))
        document.setDefaultStyleSheet(f"a {{ color: {current_colors().accent}; }}")
        self.browser.setMarkdown(self._pages[number].text)
        self._fit_pictures()
        self._back.setEnabled(self._place > 0)
        self._forward.setEnabled(self._place < len(self._visited) - 1)
        for row in range(self.contents.count()):
            if self.contents.item(row).data(Qt.ItemDataRole.UserRole) == number:
                self.contents.setCurrentRow(row)

    def _fit_pictures(self) -> None:
        """Let wide pictures shrink smoothly to the page."""
        # Px: two margins and a scroll bar, and what is seen at all.
        room = max(200, self.browser.viewport().width() - 60)
        document, ratio = self.browser.document(), self.devicePixelRatioF()
        shrunk: dict[QUrl, QImage] = {}

        def fitted(found: re.Match[str]) -> str:
            url = document.baseUrl().resolved(QUrl(found[1]))
            image = QImage(url.toLocalFile())
            if image.isNull():
                return found[0]
            width = min(room, image.width())
            small = image.scaledToWidth(round(width * ratio), Qt.TransformationMode.SmoothTransformation)
            small.setDevicePixelRatio(ratio)
            shrunk[url] = small
            height = round(small.height() / ratio)
            return f'<img width="{width}" height="{height}" src="{found[1]}"'

        html = re.sub(r'<img src="([^"]+)"', fitted, document.toHtml())
        self.browser.setHtml(html)
        for url, image in shrunk.items():
            document.addResource(QTextDocument.ResourceType.ImageResource.value, url, image)
        loosen(document)

    def _find_first(self, text: str) -> None:
        cursor = self.browser.textCursor()
        cursor.movePosition(cursor.MoveOperation.Start)
        self.browser.setTextCursor(cursor)
        self.browser.find(text)

    def _find_next(self) -> None:
        if not self.browser.find(self.search.text()):
            self._find_first(self.search.text())

    def _on_link(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https", "mailto"):
            self.link_chosen.emit(url.toString())
        elif url.fileName():
            self.show_page(url.fileName())
        if url.hasFragment():
            self.browser.scrollToAnchor(url.fragment())

    def _go_back(self) -> None:
        self._place = max(0, self._place - 1)
        self._show_again()

    def _go_forward(self) -> None:
        self._place = min(len(self._visited) - 1, self._place + 1)
        self._show_again()

    @staticmethod
    def _button(name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name))
        button.setToolTip(tip)
        button.setEnabled(False)
        return button
