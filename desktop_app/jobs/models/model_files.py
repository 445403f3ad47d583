"""Renaming and removing models of a project, and which of them are the same."""

from __future__ import annotations

import shutil
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.io.atomic import writing
from desktop_app.io.file_names import file_name
from desktop_app.io.models import MODEL_SUFFIX, models_in
from desktop_app.io.models.starters import starter_paths
from desktop_app.jobs.models.library import ListedModel, list_models, listed


def rename_model(path: Path, name: str) -> Path:
    """Give a model's folder or file another name; returns its new place.

    Raises:
        UserError: If the name is taken or empty.
        UnwritableFileError: If the disk refuses.
    """
    target = path.with_name(f"{file_name(name)}{MODEL_SUFFIX}")
    if not name.strip():
        raise UserError("A model needs a name.")
    if target.exists():
        raise UserError(f"There is already a model “{target.stem}”.", hint="Choose another name.")
    with writing(target):
        return path.rename(target)


def remove_model(path: Path) -> None:
    """Delete a model from the disk.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    with writing(path):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def require_changeable(path: Path) -> None:
    """Whether this is a model that may be renamed or deleted.

    Raises:
        UserError: If it is no model, or one that comes with the program.
    """
    if path.resolve() not in models_in(path.resolve().parent):
        raise UserError(f"{path.name} is no model.", hint=f"Give a {MODEL_SUFFIX} folder or file.")
    if path.resolve() in {each.resolve() for each in starter_paths()}:
        raise UserError(f"“{path.stem}” comes with Voxelwright and stays as it is.", hint="Choose a model of your own.")


def remove_with_copies(path: Path) -> tuple[Path, ...]:
    """Delete a model and the copies that runs of its project keep, else it would still be listed; returns their places.

    Raises:
        UserError: If it is no model, or one that comes with the program.
        UnwritableFileError: If the disk refuses.
    """
    require_changeable(path)
    path = path.resolve()
    listed = list(list_models(path.parent.parent if path.parent.name == "models" else path.parent))
    gone = (path, *(copy for model in listed if model.path == path for copy in copies_in_runs(model, listed)))
    for each in gone:
        remove_model(each)
    return gone


def distinct(models: list[ListedModel]) -> list[ListedModel]:
    """Without second copies of the same weights, such as the one that a run keeps; the first of each stays."""
    seen: set[str] = set()
    kept = []
    for model in models:
        if _mark(model) not in seen:
            kept.append(model)
        seen.add(_mark(model))
    return kept


def listed_instead(path: Path, models: list[ListedModel]) -> Path:
    """Where ``distinct`` keeps a model: at the first place with the same weights; itself if no other has them."""
    mark = _mark(next((model for model in models if model.path == path), None) or listed(path))
    return next((model.path for model in models if _mark(model) == mark), path)


def copies_in_runs(model: ListedModel, models: list[ListedModel]) -> list[Path]:
    """The copies of a model that runs keep."""
    same = [other.path for other in models if _mark(other) == _mark(model) and other.path != model.path]
    return [path for path in same if path.parent.parent.name == "runs"]


def _mark(model: ListedModel) -> str:
    return model.card.weights_sha256 if model.card is not None and model.card.weights_sha256 else str(model.path)
