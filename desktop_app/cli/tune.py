"""``voxelwright tune``: fit how a finished model makes objects to labels, without a training."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result, table_of
from desktop_app.cli.options import DeviceOption, Json
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.errors import UserError
from desktop_app.core.tuned_model import values_before
from desktop_app.io.models import load_card
from desktop_app.jobs.models.library import find_model
from desktop_app.jobs.models.model_files import require_changeable
from desktop_app.jobs.models.tune import TuneRequest, keep_tuned, labels_in, swap_values, tune_model


def tune_command(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Path of a .vwmodel folder or file, or a model's name.")
    ],
    dataset: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Images with labels, or a project with labels.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The labels, where they are in another folder.")
    ] = None,
    label_divisor: Annotated[
        int | None, typer.Option(min=2, help=DatasetConfig.model_fields["label_divisor"].description)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the curve of score against threshold, and a table.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Give the model the new values; without this it stays as it is.")
    ] = False,
    restore: Annotated[
        bool,
        typer.Option(
            "--restore",
            help="Give the model the values from before it was fitted, or the fitted ones again.",
        ),
    ] = False,
    device: DeviceOption = None,
    as_json: Json = False,
) -> None:
    """Find the threshold, and what else makes objects, that suits labels best; nothing is learned."""
    path = find_model(model)
    if restore:
        _restore(path, as_json)
        return
    if dataset is None:
        raise UserError("There are no labels to fit the model to.", hint="Name them with --dataset FOLDER.")
    if keep:
        require_changeable(path)
    request = TuneRequest(path, labels_in(dataset, labels, load_card(path), label_divisor), device or "auto", out)
    tuned = run_job(partial(tune_model, request), as_json)
    kept = keep and bool(tuned.changes)
    if kept:
        keep_tuned(path, tuned)
    said = "Kept in the model." if kept else "The model is as it was" + ("." if keep else "; --keep gives it these.")
    written = [f"Written: {file}" for file in tuned.files]
    columns = ("Score", "Before", "After", "Tuned on other images")
    result = {
        "kept": kept, "changes": tuned.changes, "before": tuned.before, "after": tuned.after, "apart": tuned.apart,
        "images": tuned.images, "files": tuned.files,
    }  # fmt: skip
    show_result(result, as_json, table_of("", columns, tuned.rows), *written, said)


def _restore(path: Path, as_json: bool) -> None:
    card = swap_values(path)
    fitted = bool(values_before(card))
    which = "the fitted values" if fitted else "the values from before it was fitted"
    said = f"The model has {which} again; --restore once more gives it the others."
    show_result({"model": path, "fitted": fitted, "decode": card.decode}, as_json, said)
