"""What files of settings of mmv_im2im (YAML) say alike for all its methods: the trainer, and the loader of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from desktop_app.core.config.learning import OptimisationParameters, ValidationParameters
from desktop_app.core.recipes.foreign_settings import Entries, SettingsReport, number_in, table_in

_PRECISIONS = {
    "16": "float16", "16-mixed": "float16", "bf16": "bfloat16", "bf16-mixed": "bfloat16", "32": "full",
    "32-true": "full",
}  # fmt: skip


def take_trainer(entries: Entries, report: SettingsReport) -> None:
    """Largest gradient, gathered rounds, precision, patience; epochs are told, as the data say how long they are."""
    params = "trainer.params"
    gathered, clip = entries.number(f"{params}.accumulate_grad_batches"), entries.number(f"{params}.gradient_clip_val")
    for key, value, name in (
        ("accumulate", None if gathered is None else int(gathered), "accumulate_grad_batches"),
        ("clip", clip, "gradient_clip_val"),
    ):
        if value is not None:
            report.set(report.optimisation, key, value, name, OptimisationParameters)
    precision = entries.take(f"{params}.precision")
    known = _PRECISIONS.get(str(precision).lower())
    if known is not None:
        report.optimisation["precision"] = known
    else:
        report.left("precision", precision, "see “Precision of numbers”")
    epochs, every = entries.number(f"{params}.max_epochs"), entries.number(f"{params}.check_val_every_n_epoch")
    if epochs is not None and epochs >= 1:
        report.said.append(
            f"max_epochs {epochs:.0f} is left out: set the epochs under “How long”, or with --epochs {epochs:.0f}."
        )
    if every is not None:
        report.said.append(f"check_val_every_n_epoch {every:g} is left out: set “Validate every”, which counts steps.")
    _take_callbacks(entries_in(entries.take("trainer.callbacks")), report)


def take_loader(entries: Entries, report: SettingsReport) -> None:
    """Patches per step; where images are, and how they are split, is chosen with the data."""
    loader = "data.dataloader"
    batch = entries.number(f"{loader}.train.dataloader_params.batch_size")
    if batch is not None:
        report.set(report.optimisation, "batch_size", int(batch), "batch_size", OptimisationParameters)
    share = entries.number(f"{loader}.train_val_ratio")
    if share is not None:
        report.said.append(
            f"train_val_ratio {share:g} is left out: set “Share for validation”, or --set "
            f"dataset.split.validation={share:g}."
        )
    mode = entries.word("mode")
    if mode not in ("", "train"):
        report.said.append(f"The file is for “{mode}”, not for a training; what it says of one is taken.")
    report.left("data.data_path", entries.take("data.data_path"), "the images are chosen with the data, or --dataset")


def entries_in(steps: Any) -> list[Mapping[str, Any]]:
    """The tables in a list of such a file."""
    listed = steps if isinstance(steps, Sequence) and not isinstance(steps, str) else ()
    return [step for step in listed if isinstance(step, Mapping)]


def _take_callbacks(callbacks: list[Mapping[str, Any]], report: SettingsReport) -> None:
    """When it stops early; states are kept by themselves."""
    others = []
    for callback in callbacks:
        name = str(callback.get("func_name", ""))
        patience = number_in(table_in(callback, "params").get("patience")) if "EarlyStopping" in name else None
        if patience is not None and patience >= 1:
            report.set(report.validation, "patience", int(patience), "patience", ValidationParameters)
        elif name and "EarlyStopping" not in name:
            others.append(name)
    if others:
        said = ", ".join(dict.fromkeys(others))
        report.said.append(f"trainer.callbacks ({said}) are left out: the best and the last state are always kept.")
