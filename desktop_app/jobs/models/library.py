"""The models at hand: found, listed, imported and exported."""

from __future__ import annotations

import difflib
import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, RecordingContext
from desktop_app.core.networks.registry import USED_ONLY
from desktop_app.io import models as bundles
from desktop_app.io.models import MODEL_SUFFIX, models_in, starters
from desktop_app.io.models.starters import starter_paths
from desktop_app.io.settings import settings_folder
from desktop_app.io.trust import is_trusted, trust
from desktop_app.jobs.models.import_foreign import ForeignImport, TrustNeededError, import_foreign, is_foreign

_RUN_FILE, _CHECKPOINTS = "config.json", "checkpoints"
"""File and folder in that of every run."""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model of a list.

    Attributes:
        path: Its folder or zipped file.
        card: What it is, None where it cannot be read.
        problem: Why it cannot be read, in one sentence.
        ours: Whether it comes with the program.
    """

    path: Path
    card: ModelCard | None
    problem: str = ""
    ours: bool = False


def own_models_folder() -> Path:
    """The user's folder of models, for all projects; it may not exist yet."""
    return settings_folder() / "models"


def starter_models() -> tuple[ListedModel, ...]:
    """The models that come with the program, by name: to find nuclei at once, or to begin a training with."""
    return tuple(replace(listed(path), ours=True) for path in starter_paths())


def list_models(folder: Path | None = None) -> tuple[ListedModel, ...]:
    """The models of a project or folder, or the user's own, by name.

    Args:
        folder: A project, a run, or any folder with models in it; None takes the user's own folder.

    Raises:
        UserError: If the folder does not exist.
    """
    if folder is not None and not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    place = folder or own_models_folder()
    places = [place, place / "models", *sorted(p for p in (place / "runs").glob("*") if p.is_dir())]
    found = [path for each in places if each.is_dir() for path in models_in(each)]
    return tuple(listed(path) for path in found)


def listed(path: Path) -> ListedModel:
    """A model as a list shows it, or why it cannot be used."""
    try:
        return ListedModel(path, bundles.load_card(path))
    except UserError as error:
        return ListedModel(path, None, str(error))


def find_model(wanted: str) -> Path:
    """The model at a path, or the one of that name in the user's own folder or among those that come with the program.

    A run, or a folder in it such as that of a checkpoint, stands for the model that it made.

    Raises:
        UserError: If there is none; names that are near are suggested.
    """
    path = Path(wanted)
    if path.is_dir() and path.suffix != MODEL_SUFFIX and not (path / bundles.CARD_FILE).is_file():
        return _of_run(path)
    if path.is_file() and is_foreign(path):
        raise UserError(
            f"{path.name} is a model of another program.",
            hint=f"Import it first: voxelwright models import {shlex.quote(str(path))}",
        )
    if path.exists():
        return path
    for place in (own_models_folder(), starters.STARTER_FOLDER):
        named = place / f"{path.name.removesuffix(MODEL_SUFFIX)}{MODEL_SUFFIX}"
        if path.name == wanted and named.exists():
            return named
    names = [model.path.name.removesuffix(MODEL_SUFFIX) for model in (*list_models(), *starter_models())]
    near = difflib.get_close_matches(wanted, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Give the path of a {MODEL_SUFFIX} folder or file."
    raise UserError(f"There is no model “{wanted}”.", hint=hint)


def _of_run(folder: Path) -> Path:
    """The model that a run made; the folder may be one inside it, such as that of a checkpoint."""
    inside = folder.resolve()
    run = next((place.parent for place in (inside, inside.parent) if place.name == _CHECKPOINTS), inside)
    found = models_in(run)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(model.name for model in found)
        raise UserError(f"The folder {run.name} holds several models: {names}.", hint="Name one of them.")
    if (run / _RUN_FILE).is_file():
        raise UserError(
            f"The run {run.name} has made no model yet: it was stopped before its first check.",
            hint="Go on with it first, on the command line with train --resume.",
        )
    raise UserError(f"There is no model in {folder.name}.", hint=f"Give the path of a {MODEL_SUFFIX} or of a run.")


def import_model(
    source: Path,
    folder: Path | None = None,
    ctx: JobContext | None = None,
    *,
    description: Path | None = None,
    name: str = "",
    trusted: bool = False,
) -> Path:
    """Check a model and copy it into a folder of models, by default the user's own; returns its place there.

    Args:
        source: A model of this program, or of another one, which is converted.
        folder: Where to.
        ctx: Told the progress of a conversion.
        description: YAML file of a foreign model; None looks inside and beside it.
        name: Of a foreign model; empty takes the published or the file's name.
        trusted: The user agrees to run the program inside a foreign model that cannot be converted.

    Raises:
        UserError: If it is no model, damaged, or cannot be converted.
    """
    place = folder or own_models_folder()
    if not is_foreign(Path(source)):
        return _kept_if_trusted(bundles.import_model(source, place), trusted)
    wanted = ForeignImport(Path(source), description, name, trusted=trusted)
    return import_foreign(wanted, place, ctx if ctx is not None else RecordingContext())


def _kept_if_trusted(model: Path, trusted: bool) -> Path:
    """Refuse a model that holds a program, unless the user agrees to run it."""
    card = bundles.load_card(model)
    if card.network not in USED_ONLY:
        return model
    sha256 = str(card.network_arguments.get("sha256", ""))
    if trusted:
        trust(sha256, card.name)
    if not is_trusted(sha256):
        shutil.rmtree(model, ignore_errors=True)
        raise TrustNeededError(
            f"The model “{card.name}” holds a program, not weights alone.",
            hint="Run it only if you trust where it comes from: import it in the window and agree, or with --trust on "
            "the command line.",
        )
    return model


def export_model(model: str, target: Path) -> Path:
    """Pack a model into one zipped file for another computer; returns the file."""
    file = target if target.suffix in (MODEL_SUFFIX, ".zip") else target.with_name(target.name + MODEL_SUFFIX)
    return bundles.export_model(find_model(model), file)
