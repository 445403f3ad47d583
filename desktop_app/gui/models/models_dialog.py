"""The window with all models at hand."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.job import JobContext
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.tuned_model import values_before
from desktop_app.gui.models.card_view import CardView
from desktop_app.gui.models.catalogue_view import CatalogueView
from desktop_app.gui.models.importer import ModelImporter
from desktop_app.gui.models.tune_dialog import TuneDialog
from desktop_app.gui.notifications.outside import open_link, open_outside
from desktop_app.gui.session.offered_models import model_title, try_words
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, SMALL, pad
from desktop_app.gui.widgets.dropped import local_paths
from desktop_app.gui.widgets.empty_state import EmptyState
from desktop_app.gui.widgets.later import later
from desktop_app.gui.widgets.window_place import resize_to_screen
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import MODEL_SUFFIX
from desktop_app.jobs.models.export_network import NETWORK_FORMS, ExportedNetwork, export_network
from desktop_app.jobs.models.library import ListedModel, export_model, list_models, starter_models
from desktop_app.jobs.models.model_files import copies_in_runs, distinct, listed_instead, remove_model, rename_model
from desktop_app.jobs.models.tune import swap_values

_EXPORTED = f"Models (*{MODEL_SUFFIX});;All files (*)"
_FORMS = {f"{name} (*{ending})": ending for ending, name in NETWORK_FORMS.items()}
"""Ending that each choice of the file dialog stands for."""


class ModelsDialog(QDialog):
    """Lists models of the project, its runs and the user; the chosen one can be tried, finetuned, run or exported.

    Signals:
        try_requested: A model (``Path``) to try on the open image, or on one that is chosen then.
        batch_requested: A model (``Path``) to run on many images.
        finetune_requested: A model (``Path``) to begin a training with.
    """

    try_requested = Signal(object)
    batch_requested = Signal(object)
    finetune_requested = Signal(object)

    def __init__(self, context: WindowContext, *, chosen: Path | None = None) -> None:
        super().__init__(context.window)
        self._session, self._runner, self._notifier = context.session, context.runner, context.notifier
        self._own_context = context.above(self)
        self.setWindowTitle("Models")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        resize_to_screen(self, QSize(900, 660))  # px, by eye
        self.list = QListWidget()
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.card = CardView()
        self.importer = ModelImporter(self._own_context)
        self.catalogue = CatalogueView(self._session, self._runner, self.importer.folder)
        words = "Train one on your labelled images, import one, or get one that others have published."
        self.empty = EmptyState("model", "No models yet", words)
        self.empty.add_button("Get models…", "download", primary=True).clicked.connect(self.show_catalogue)
        self.empty.add_button("Import a model…", "import").clicked.connect(self.ask_import)
        self.tabs = QTabWidget()
        self._stack = QStackedWidget()
        self._buttons: dict[str, QPushButton] = {}
        self._arrange()
        self.list.currentItemChanged.connect(self._on_chosen)
        self._session.models_changed.connect(self.refresh)
        self._session.volume_changed.connect(self._name_trial)
        self.card.swap_requested.connect(lambda: later(self, self._swap_values))  # its button goes with the card
        self.importer.imported.connect(self._on_imported)
        self.catalogue.downloaded.connect(self._on_downloaded)
        self.catalogue.link_chosen.connect(lambda address: open_link(address, self._notifier))
        self.catalogue.show_requested.connect(self._on_new)
        self.setAcceptDrops(True)
        self.refresh(chosen)

    def models(self) -> list[ListedModel]:
        """The models shown, in order."""
        return [self.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.list.count())]

    def chosen(self) -> ListedModel | None:
        """The model the user is on."""
        item = self.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else None

    def refresh(self, chosen: Path | None = None) -> None:
        """Look again which models there are."""
        current, models = self.chosen(), self._all()
        wanted = listed_instead(chosen, models) if chosen else current.path if current is not None else None
        self.list.clear()
        found = distinct(models)
        self.catalogue.show_models(found)
        for model in found:
            name, color = ("model", "text") if model.card else ("warning", "warning")
            item = QListWidgetItem(icon(name, color), model_title(model.path), self.list)  # type: ignore[arg-type]
            item.setData(Qt.ItemDataRole.UserRole, model)
            item.setToolTip(str(model.path))
            if model.path == wanted:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None and self.list.count():
            self.list.setCurrentRow(0)
        self._stack.setCurrentIndex(1 if self.list.count() else 0)

    def ask_import(self) -> None:
        """Ask for a model file and import it."""
        self.importer.ask()

    def import_path(self, source: Path) -> None:
        """Check and copy a model into the project, or into the user's own folder, in the background."""
        self.importer.start(source)

    def offer(self, path: Path) -> None:
        """Ask whether a model is to be imported, unless it is in the list."""
        if listed_instead(path, self._all()) in [model.path for model in self.models()]:
            return
        place = "the open project" if self._session.open_project is not None else "your own models"
        text = f"“{path.stem}” is not in this list. A copy will be put into {place}."
        if self._notifier.ask("Import this model?", text, "Import"):
            self.import_path(path)

    def show_catalogue(self) -> None:
        """Show the page with published models."""
        self.tabs.setCurrentWidget(self.catalogue)

    def ask_export(self) -> None:
        """Ask for a place and pack the chosen model into one file."""
        model = self.chosen()
        if model is None:
            return
        start = str(Path.home() / f"{model.path.stem}{MODEL_SUFFIX}")
        target, _ = QFileDialog.getSaveFileName(self, "Export model", start, _EXPORTED)
        if target:
            job = self._runner.start(f"Export {model.path.stem}", partial(_export, model.path, Path(target)))
            job.succeeded.connect(self._on_exported)

    def ask_network_export(self) -> None:
        """Ask for a place and write the chosen model's network for other programs."""
        model = self.chosen()
        if model is None:
            return
        start = str(Path.home() / f"{model.path.stem}{next(iter(NETWORK_FORMS))}")
        chosen, form = QFileDialog.getSaveFileName(self, "Export for other programs", start, ";;".join(_FORMS))
        if chosen:
            target = Path(chosen)
            known = target.suffix.lower() in NETWORK_FORMS
            target = target if known else target.with_name(target.name + _FORMS.get(form, next(iter(NETWORK_FORMS))))
            job = self._runner.start(f"Export {model.path.stem}", partial(export_network, model.path, target))
            job.succeeded.connect(self._on_network_exported)

    def ask_fit(self) -> None:
        """Open the dialog that fits how the chosen model makes objects to labels."""
        model = self.chosen()
        if model is not None:
            TuneDialog(self._own_context, model).open()

    def ask_rename(self) -> None:
        """Ask for another name."""
        model = self.chosen()
        name = self._notifier.ask_text("Rename model", "Name of the model", model.path.stem) if model else None
        if model is None or not name or name == model.path.stem:
            return
        with self._notifier.errors_told():
            renamed = rename_model(model.path, name)
            self._session.models_changed.emit()
            self.refresh(renamed)

    def ask_remove(self) -> None:
        """Delete the chosen model after a question, with the copies that runs keep: else it would still be listed."""
        model = self.chosen()
        if model is None:
            return
        question = f"Delete “{model.path.stem}” from the disk? This cannot be undone."
        if not self._notifier.ask("Delete model", question, "Delete", careful=True):
            return
        with self._notifier.errors_told():
            for path in (model.path, *copies_in_runs(model, self._all())):
                remove_model(path)
        self._session.models_changed.emit()
        self.refresh()

    def _all(self) -> list[ListedModel]:
        opened = self._session.open_project
        found = list(list_models(opened.folder)) if opened is not None else []
        return [*found, *list_models(), *starter_models()]

    def _arrange(self) -> None:
        left, right = QWidget(), QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.list, 1)
        importing = QPushButton("Import…")
        importing.setIcon(icon("import"))
        importing.clicked.connect(self.ask_import)
        column.addWidget(importing)
        page = QVBoxLayout(right)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(SMALL)
        page.addWidget(self.card, 1)
        page.addLayout(self._button_row())
        splitter = QSplitter()
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([250, 650])  # px, by eye
        self._stack.addWidget(self.empty)
        self._stack.addWidget(splitter)
        self.tabs.addTab(self._stack, icon("model"), "Your models")
        self.tabs.addTab(self.catalogue, icon("download"), "Get models")
        self._stack.setContentsMargins(0, SMALL, 0, 0)
        outer = QVBoxLayout(self)
        pad(outer, LARGE, MEDIUM)
        outer.addWidget(self.tabs)

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        more = QMenu(self)
        self._fit = more.addAction(icon("fit-labels"), "Fit to labels…", self.ask_fit)
        more.addAction(icon("export"), "Export as one file…", self.ask_export)
        self._network_export = more.addAction(icon("export"), "Export for other programs…", self.ask_network_export)
        rename = more.addAction(icon("rename"), "Rename…", self.ask_rename)
        more.addAction(icon("reveal"), "Show in file manager", self._reveal)
        more.addSeparator()
        self._changing = (rename, more.addAction(icon("remove"), "Delete…", self.ask_remove))
        for key, text, name, request in (
            ("try", try_words(self._session), "predict", self.try_requested),
            ("batch", "Run on a folder…", "batch", self.batch_requested),
            ("finetune", "Finetune…", "finetune", self.finetune_requested),
        ):
            button = QPushButton(text)
            button.setIcon(icon(name, "on_accent" if key == "try" else "text"))
            button.clicked.connect(partial(self._go_on, request))
            self._buttons[key] = button
            row.addWidget(button)
        set_role(self._buttons["try"], "primary")
        other = QPushButton("More")
        other.setIcon(icon("more"))
        other.setMenu(more)
        row.addStretch(1)
        row.addWidget(other)
        return row

    def _name_trial(self) -> None:
        self._buttons["try"].setText(try_words(self._session))

    def _go_on(self, request: SignalInstance, _clicked: bool = False) -> None:
        model = self.chosen()
        if model is not None:
            request.emit(model.path)
            self.close()

    def _reveal(self) -> None:
        model = self.chosen()
        if model is not None:
            open_outside(model.path.parent, self._notifier)

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        model = self.chosen()
        if item is None or model is None:
            return
        self.card.show_model(model)
        for action in self._changing:
            action.setEnabled(not model.ours)
        usable, in_project = model.card is not None, self._session.project is not None
        self._buttons["try"].setEnabled(usable and in_project)
        self._buttons["batch"].setEnabled(usable)
        learns = model.card is not None and model.card.network in NETWORKS
        self._buttons["finetune"].setEnabled(in_project and learns)
        self._network_export.setEnabled(learns)
        self._fit.setEnabled(usable)

    def _swap_values(self) -> None:
        """Give the chosen model the values from before it was fitted to labels, or the fitted ones again."""
        model = self.chosen()
        if model is None:
            return
        with self._notifier.errors_told():
            fitted = bool(values_before(swap_values(model.path)))
            which = "the values fitted to labels" if fitted else "the values from before it was fitted to labels"
            self._session.models_changed.emit()
            self._notifier.info(f"“{model.path.stem}” has {which} again; its card keeps the others.")

    def _on_imported(self, path: Path) -> None:
        self._notifier.info(f"Imported {path.stem}.")
        self._on_new(path)

    def _on_new(self, path: Path) -> None:
        self.refresh(path)
        self.tabs.setCurrentWidget(self._stack)

    def _on_downloaded(self, path: Path) -> None:
        self._notifier.info(f"Downloaded {path.stem}.")
        self.refresh()

    def _on_exported(self, path: Path) -> None:
        self._notifier.info(f"Saved {path.name}.")

    def _on_network_exported(self, made: ExportedNetwork) -> None:
        size = "" if made.any_size else " It takes images of one size alone; the description says which."
        text = (
            f"Saved {made.file.name}, described in {made.description.name}. Its numbers agree with the model's.{size}"
        )
        self._notifier.info(text)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        for path in local_paths(event.mimeData()):
            self.import_path(path)


def _export(path: Path, target: Path, ctx: JobContext) -> Path:
    ctx.raise_if_cancelled()
    return export_model(str(path), target)
