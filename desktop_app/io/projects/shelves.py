"""What lies in a project beside its images and labels: models, datasets, runs and results."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from desktop_app.io.atomic import writing
from desktop_app.io.file_names import file_name
from desktop_app.io.models.bundle import models_in
from desktop_app.io.models.files import CARD_FILE
from desktop_app.io.natural_order import by_name


class ProjectShelves:
    """The folders of a project for what is made in it.

    Attributes:
        folder: ``NAME.vwproj``.
    """

    folder: Path

    def models(self) -> list[Path]:
        """Models in the project, folders and zipped, by name."""
        found = models_in(self.folder / "models")
        return by_name([p for p in found if p.is_file() or (p / CARD_FILE).exists()])

    def models_folder(self) -> Path:
        """Where new models are put."""
        return self.folder / "models"

    def datasets(self) -> list[Path]:
        """Datasets in the project, by name."""
        return by_name(self._subfolders("datasets"))

    def runs(self) -> list[Path]:
        """Runs, newest first."""
        return by_name(self._subfolders("runs"))[::-1]

    def results(self) -> list[Path]:
        """Result folders, newest first."""
        return by_name(self._subfolders("results"))[::-1]

    def new_run_folder(self, name: str) -> Path:
        """A new, empty folder ``runs/<date>-<name>``."""
        return self._new_folder("runs", name)

    def new_result_folder(self, name: str) -> Path:
        """A new, empty folder ``results/<date>-<name>``."""
        return self._new_folder("results", name)

    def new_dataset_folder(self, name: str) -> Path:
        """A new, empty folder ``datasets/<date>-<name>``."""
        return self._new_folder("datasets", name)

    def _subfolders(self, name: str) -> list[Path]:
        folder = self.folder / name
        return [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")] if folder.is_dir() else []

    def _new_folder(self, kind: str, name: str) -> Path:
        stem = f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}-{file_name(name)}"
        target, number = self.folder / kind / stem, 2
        with writing(target):
            while True:
                try:
                    target.mkdir()
                    return target
                except FileExistsError:
                    target, number = self.folder / kind / f"{stem}-{number}", number + 1
