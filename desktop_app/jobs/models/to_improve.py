"""The model that a training begins from, wherever it is: a run, a file of another program, a model by its name."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.io.models import MODEL_SUFFIX, load_card, models_in
from desktop_app.io.models.files import sha256_of
from desktop_app.io.plain_files import open_plain
from desktop_app.io.yaml_files import YAML_SUFFIXES
from desktop_app.jobs.models.import_foreign import SOURCE_SHA256, is_foreign
from desktop_app.jobs.models.library import find_model, import_model, own_models_folder


def model_to_improve(wanted: str, ctx: JobContext) -> Path:
    """A model of this program.

    Args:
        wanted: As for ``find_model``, or the path of the weights of another program, which are imported into the
            user's own models.
        ctx: Told what was taken, and may cancel.

    Raises:
        UserError: If there is no such model, or it cannot be used.
    """
    path = Path(wanted)
    return _imported(path, ctx) if path.is_file() and is_foreign(path) else find_model(wanted)


def _imported(file: Path, ctx: JobContext) -> Path:
    """A model of another program as one of the user's own, converted once."""
    own = own_models_folder()
    if own.is_dir() and file.suffix.lower() not in YAML_SUFFIXES:  # a description says nothing of the weights beside it
        sha256 = _sha256(file)
        known = next((model for model in models_in(own) if _made_of(model, sha256)), None)
        if known is not None:
            return known
    model = import_model(file, ctx=ctx)
    name = model.name.removesuffix(MODEL_SUFFIX)
    ctx.report(Note("info", f"{file.name} was imported: from now on it is the model “{name}” among your own."))
    return model


def _made_of(model: Path, sha256: str) -> bool:
    try:
        return load_card(model).training.get(SOURCE_SHA256) == sha256
    except UserError:
        return False


def _sha256(file: Path) -> str:
    try:
        with open_plain(file) as opened:
            return sha256_of(opened)
    except OSError as error:
        raise UnreadableFileError(file, "it may not be read.", details=repr(error)) from error
