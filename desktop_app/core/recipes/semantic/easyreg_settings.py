"""Settings of easyreg (``cur_task_setting.json``), by their documented names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from desktop_app.core.config.learning import MOST_STEPS, SELDOM, ValidationParameters
from desktop_app.core.recipes.foreign_parts import take_loss, take_optimiser, take_patch, take_rate
from desktop_app.core.recipes.foreign_settings import Entries, ForeignSettings, SettingsReport, number_in, shown_value

_CHANNELS = 32
"""Of easyreg's U-Net, as published."""
_LONGEST_RISE = 0.5
"""The most that the field of the warm-up takes."""
_LOSSES = {
    "ce": "cross_entropy", "focal_loss": "focal", "dice_loss": "dice", "gdice_loss": "generalised_dice",
    "tdice_loss": "tversky",
}  # fmt: skip
_ON_RESUME = {
    "continue_train": "resume the run in its menu, or with train --resume",
    "continue_train_lr": "set the learning rate under “Go on with more steps…”, or with --rate",
    "reset_train_epoch": "count steps anew under “Go on with more steps…”, or with --count-from 0",
    "load_model_but_train_from_epoch": "set “Count steps from” under “Go on with more steps…”, or --count-from",
    "model_path": "choose a model of this program to improve, or with --from",
}
_FOR_PREPARING = {
    "img_after_resize": "“Prepare a data set” resizes images, or prepare --size",
    "max_num_for_loading": "images can be set to “Not used” on the page of the data",
}
_NOT_NEEDED = {
    "class_num": "it follows from the labels",
    "partition": "tiles overlap and are blended by themselves",
    "transform": "patches are drawn around each class alike, and changed at random",
    "normalize_via_percentage_clip": "each image is brought to one grey scale by percentiles",
    "normalize_via_range_clip": "each image is brought to one grey scale by percentiles",
    "check_best_model_period": "the best and the last state are always kept",
    "num_crop_per_class_per_train_img": "patches are drawn anew for each step",
}
_PLACES = ("dataset.seg", "tsk_set.seg", "dataset", "tsk_set")
"""Tables in which entries of a segmentation stand."""
_KINDS = frozenset({"tsk_set.model", "tsk_set.method_name", "dataset.task_type", "tsk_set.train"})
"""Entries that say that it is a training of a segmentation."""


def of_easyreg(document: Mapping[str, Any]) -> ForeignSettings:
    """The settings in such a file, and what became of each entry."""
    report = SettingsReport()
    entries = Entries(document, report)
    for kind in _KINDS:
        entries.take(kind)
    steps = _take_length(entries, report)
    batch = entries.number("tsk_set.batch_sz")
    take_rate("batch_size", None if batch is None else int(batch), "batch_sz", report)
    take_loss(entries.word("tsk_set.loss.type"), _LOSSES, report)
    _take_rates(entries, steps, report)
    name, size = _anywhere("patch_size", entries)
    take_patch(name, size, report, flat=False)
    _take_labels(entries, report)
    _take_device(entries.take("tsk_set.gpu_ids"), report)
    for table in (_ON_RESUME, _FOR_PREPARING, _NOT_NEEDED):
        for entry, instead in table.items():
            report.left(entry, _anywhere(entry, entries)[1], instead)
    if _anywhere("use_whole_img_as_input", entries)[1]:
        report.values["whole_images"] = True
    if _anywhere("use_bn", entries)[1] is False:
        report.said.append("use_bn is left out: the network has batch normalisation here.")
    report.said.append(
        f"The network becomes that of easyreg with true logits, {_CHANNELS} channels and batch normalisation."
    )
    report.left_unread(entries)
    return report.finished("easyreg", "semantic", "easyreg_unet3d", {"channels": _CHANNELS, "norm": "batch"})


def _anywhere(name: str, entries: Entries) -> tuple[str, Any]:
    """An entry in the first of the tables that has it, and where that is."""
    return entries.first(*(f"{place}.{name}" for place in _PLACES))


def _take_length(entries: Entries, report: SettingsReport) -> int | None:
    """How long it learns, and how often it is checked; these count epochs there.

    Returns:
        Steps of an epoch; None where the file does not say how many batches it has.
    """
    gathered = max(1, int(entries.number("tsk_set.criticUpdates") or 1))
    take_rate("accumulate", gathered, "criticUpdates", report)
    rounds, epochs = entries.number("tsk_set.max_batch_num_per_epoch"), entries.number("tsk_set.epoch")
    steps = None if rounds is None or rounds < 1 else max(1, int(rounds) // gathered)
    if epochs is not None and epochs >= 1 and steps is not None:
        report.optimisation["iterations"] = min(MOST_STEPS, int(epochs) * steps)
        text = f"epoch {epochs:.0f} with {rounds:.0f} batches each become {int(epochs) * steps:,} training steps"
        report.said.append(
            f"{text}, of which a training takes {MOST_STEPS:,} at most."
            if int(epochs) * steps > MOST_STEPS
            else f"{text}."
        )
    elif epochs is not None:
        _count_epochs("epoch", f"{epochs:g}", "set “Training steps”", report)
    warming = entries.number("tsk_set.warmming_up_epoch")
    if warming is not None and epochs is not None and epochs >= 1:
        report.optimisation["warm_up"] = min(_LONGEST_RISE, max(0.0, warming / epochs))
    elif warming is not None and warming > 0:
        report.said.append("warmming_up_epoch is left out: the file does not say how many epochs there are.")
    every = entries.number("tsk_set.val_period")
    if every is not None and every >= 1 and steps is not None:
        count = min(SELDOM, int(every) * steps)
        report.set(report.validation, "every", count, "val_period", ValidationParameters)
    elif every is not None and every > 0:
        _count_epochs("val_period", f"{every:g}", "set “Validate every”", report)
    return steps


def _count_epochs(name: str, value: str, instead: str, report: SettingsReport) -> None:
    """An entry that counts epochs, whose length is not known."""
    report.said.append(
        f"{name} {value} is left out: the file does not say how many batches an epoch has "
        f"(max_batch_num_per_epoch); {instead}."
    )


def _take_rates(entries: Entries, steps: int | None, report: SettingsReport) -> None:
    """Optimiser, rate, and how it falls; epochs are counted in steps here."""
    take_optimiser(entries.word("tsk_set.optim.optim_type"), report)
    if entries.look("tsk_set.optim") is not None:
        report.optimisation["weight_decay"] = 0.0
    take_rate("learning_rate", entries.number("tsk_set.optim.lr"), "lr", report)
    falling = "tsk_set.optim.lr_scheduler"
    kind = entries.word(f"{falling}.type")

    def own(*names: str) -> float | None:
        places = [f"{falling}.{place}{name}" for place in (f"{kind}.", "") for name in names]
        return entries.as_number(*entries.first(*places))

    if kind == "custom":
        every = own("step_size")
        if every is not None and every >= 1 and steps is not None:
            report.optimisation |= {"schedule": "step", "fall_every": min(MOST_STEPS, int(every) * steps)}
        elif every is not None:
            _count_epochs("step_size", f"{every:g}", "set “Learning rate over time” to steps", report)
    elif kind == "plateau":
        report.optimisation["schedule"] = "plateau"
        patience = own("patience")
        take_rate("fall_patience", None if patience is None else int(patience), "patience", report)
        if patience is not None:
            report.said.append("patience of the plateau counts validations here, not epochs.")
    elif kind:
        report.said.append(f"The schedule {kind} has no counterpart; see “Learning rate over time”.")
    if kind in ("custom", "plateau"):
        take_rate("fall", own("gamma", "factor"), "gamma", report)


def _take_labels(entries: Entries, report: SettingsReport) -> None:
    """The labels that alone are learned; 0 is the background there as here, and -1 says that all are."""
    name, given = _anywhere("interested_label_list", entries)
    several = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    numbers = [number_in(one) for one in several]
    if given in ([], None) or numbers == [-1]:
        return
    if any(number is None or number < 0 or number != int(number) for number in numbers):
        report.said.append(f"{name} is left out: {shown_value(given)} is no list of labels.")
        return
    report.labels = tuple(sorted({int(number) for number in numbers if number}))
    if report.labels:
        listed = ", ".join(map(str, report.labels))
        report.said.append(f"interested_label_list: of class labels {listed} alone are learned, others are background.")


def _take_device(given: Any, report: SettingsReport) -> None:
    """The processor where that was chosen; which graphics card there is depends on the computer."""
    several = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    numbers = [number_in(one) for one in several]
    if numbers == [-1]:
        report.values["device"] = "cpu"
    elif given is not None and numbers != [0]:
        report.said.append(f"gpu_ids {given} is left out: choose where to compute under “Compute on”, or --device.")
