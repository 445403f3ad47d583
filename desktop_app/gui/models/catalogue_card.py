"""One published model on the page that offers them."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Literal, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.config.catalogue import CatalogueEntry
from desktop_app.core.errors import OfflineError, UserError
from desktop_app.core.job import JobEvent, Progress
from desktop_app.core.sizes import megabytes
from desktop_app.gui.theme import icon, set_role, theme
from desktop_app.gui.theme.roles import muted_label
from desktop_app.gui.theme.spacing import ICON, LARGE, MEDIUM, SMALL, TIGHT
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.share_bar import show_busy, show_share
from desktop_app.jobs.models.catalogue import Published

CardState: TypeAlias = Literal["absent", "loading", "here"]


class CatalogueCard(QFrame):
    """Says what a published model is and what citing it asks for, and loads it.

    Signals:
        download_requested: The name of the entry.
        cancel_requested: The user stops the download.
        show_requested: The place of the model that is here.
        link_chosen: The address of its page or paper, to open.
    """

    download_requested = Signal(str)
    cancel_requested = Signal()
    show_requested = Signal(object)
    link_chosen = Signal(str)

    def __init__(self, published: Published, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.published = published
        self.state: CardState = "absent"
        self.banner = Banner()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        show_share(self.bar, 0)
        self._message = muted_label("", wraps=False)
        self._sign, self._here = QLabel(), QLabel("On this computer")
        self.button = QPushButton()
        self._links: list[tuple[QLabel, str, str]] = []
        self._arrange(published.entry)
        self.button.clicked.connect(self._on_button)
        theme().changed.connect(self._draw)
        self._enter("here" if published.place else "absent")

    def show_published(self, published: Published) -> None:
        """The entry is here now, or no longer; a download that runs goes on."""
        self.published = published
        if self.state != "loading":
            self._enter("here" if published.place else "absent")

    def begin(self) -> None:
        """A download runs."""
        self.banner.show_text("")
        self._message.setText("Waiting for its turn")
        show_busy(self.bar)
        self._enter("loading")

    def show_event(self, event: JobEvent) -> None:
        """Show how far the download is."""
        if isinstance(event, Progress):
            self._message.setText(event.message)
            if event.total > 0:
                show_share(self.bar, event.fraction)
            else:
                show_busy(self.bar)

    def finish(self, place: object) -> None:
        """The download has succeeded."""
        self.published = Published(self.published.entry, place if isinstance(place, Path) else None)
        self.end()

    def end(self, error: BaseException | None = None) -> None:
        """The download has ended; says why where it failed."""
        self._enter("here" if self.published.place else "absent")
        if isinstance(error, UserError):
            self.banner.show_text(str(error), "warning" if isinstance(error, OfflineError) else "error")

    def _arrange(self, entry: CatalogueEntry) -> None:
        title = QLabel(entry.title)
        set_role(title, "heading")
        badge = QLabel("Model" if entry.kind == "model" else "Weights to begin with")
        set_role(badge, "badge")
        top = QHBoxLayout()
        top.setSpacing(SMALL)
        top.addWidget(title)
        top.addWidget(badge, alignment=Qt.AlignmentFlag.AlignVCenter)
        top.addStretch(1)
        top.addWidget(self._sign)
        top.addWidget(self._here)
        top.addWidget(self.button)
        summary = QLabel(entry.summary)
        summary.setWordWrap(True)
        loading = QVBoxLayout()
        loading.setSpacing(TIGHT)
        loading.addWidget(self.bar)
        loading.addWidget(self._message)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(SMALL)
        column.addLayout(top)
        column.addWidget(summary)
        column.addWidget(self.banner)
        column.addLayout(loading)
        column.addLayout(self._facts(entry))

    def _facts(self, entry: CatalogueEntry) -> QFormLayout:
        facts = QFormLayout()
        facts.setHorizontalSpacing(LARGE)
        facts.setVerticalSpacing(TIGHT)
        facts.setLabelAlignment(Qt.AlignmentFlag.AlignTop)
        if entry.class_names:
            facts.addRow(muted_label("Finds", wraps=False), QLabel(", ".join(entry.class_names)))
        facts.addRow(
            muted_label("Size", wraps=False), QLabel(f"about {megabytes(entry.size)}" if entry.size else "not stated")
        )
        facts.addRow(muted_label("Licence", wraps=False), self._link(entry.licence, entry.page))
        facts.addRow(muted_label("Please cite", wraps=False), self._link(entry.citation, entry.citation_url))
        return facts

    def _link(self, text: str, url: str) -> QLabel:
        """A text with its address behind it."""
        label = QLabel()
        label.setWordWrap(True)
        label.linkActivated.connect(self.link_chosen)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self._links.append((label, text, url))
        return label

    def _enter(self, state: CardState) -> None:
        self.state = state
        loading, here = state == "loading", state == "here"
        self.bar.setVisible(loading)
        self._message.setVisible(loading)
        self._sign.setVisible(here)
        self._here.setVisible(here)
        self.button.setText({"absent": "Download", "loading": "Cancel", "here": "Show"}[state])
        self.button.setVisible(not here or self.published.entry.kind == "model")
        set_role(self.button, "primary" if state == "absent" else "")
        self._draw()

    def _draw(self) -> None:
        self._sign.setPixmap(icon("success", "success").pixmap(ICON, ICON))
        name, color = {"absent": ("download", "on_accent"), "loading": ("cancel", "text"), "here": ("model", "text")}[
            self.state
        ]
        self.button.setIcon(icon(name, color))  # type: ignore[arg-type]
        for label, text, url in self._links:
            shown = escape(url.removeprefix("https://"))
            link = f' <a style="color: {theme().colors.accent}" href="{escape(url)}">{shown}</a>' if url else ""
            label.setText(f"{escape(text)}{link}")

    def _on_button(self) -> None:
        if self.state == "absent":
            self.download_requested.emit(self.published.entry.name)
        elif self.state == "loading":
            self._message.setText("Stopping…")
            self.cancel_requested.emit()
        else:
            self.show_requested.emit(self.published.place)
