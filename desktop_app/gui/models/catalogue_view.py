"""The page with published models: what each is, and loading it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop_app.core.job import JobContext
from desktop_app.gui.jobs import JobHandle, JobRunner
from desktop_app.gui.models.catalogue_card import CatalogueCard
from desktop_app.gui.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL
from desktop_app.jobs.models.catalogue import download_model, published_models
from desktop_app.jobs.models.library import ListedModel

_INTRODUCTION = (
    "Models that others have published. They are downloaded once from where their makers keep them, checked, and "
    "converted, so that you can try them, run them and finetune them like your own."
)


class CatalogueView(QScrollArea):
    """A card for each entry of the catalogue.

    Args:
        session: Told that there are new models.
        runner: Runs the downloads.
        folder: Tells where new models go.

    Signals:
        downloaded: A new model (``Path``).
        show_requested: A model (``Path``) that is here, to look at.
        link_chosen: The address of a model's page or paper, to open.
    """

    downloaded = Signal(object)
    show_requested = Signal(object)
    link_chosen = Signal(str)

    def __init__(
        self, session: Session, runner: JobRunner, folder: Callable[[], Path], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._runner, self._folder = session, runner, folder
        self.cards = {published.entry.name: CatalogueCard(published) for published in published_models(())}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setProperty("role", "plain")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, SMALL, SMALL, 0)
        column.setSpacing(MEDIUM)
        words = QLabel(_INTRODUCTION)
        words.setWordWrap(True)
        set_role(words, "muted")
        column.addWidget(words)
        for card in self.cards.values():
            card.download_requested.connect(self.download)
            card.show_requested.connect(self.show_requested)
            card.link_chosen.connect(self.link_chosen)
            column.addWidget(card)
            running = self._running(card)
            if running is not None:
                self._follow(running, card)
        column.addStretch(1)
        self.setWidget(page)

    def show_models(self, here: Sequence[ListedModel]) -> None:
        """Mark what is among these models."""
        for published in published_models(here):
            self.cards[published.entry.name].show_published(published)

    def download(self, name: str) -> None:
        """Load an entry in the background."""
        card = self.cards[name]
        job = self._running(card) or self._runner.start(_title(card), partial(_download, name, self._folder()))
        self._follow(job, card)

    def _running(self, card: CatalogueCard) -> JobHandle | None:
        return next((job for job in self._runner.jobs() if job.title == _title(card)), None)

    def _follow(self, job: JobHandle, card: CatalogueCard) -> None:
        card.begin()
        job.reported.connect(card.show_event)
        job.failed.connect(card.end)
        job.cancelled.connect(card.end)
        job.succeeded.connect(card.finish)
        job.succeeded.connect(self._session.models_changed)
        job.succeeded.connect(self.downloaded)
        card.cancel_requested.connect(job.cancel)


def _title(card: CatalogueCard) -> str:
    return f"Download {card.published.entry.title}"


def _download(name: str, folder: Path, ctx: JobContext) -> Path:
    return download_model(name, ctx, folder)
