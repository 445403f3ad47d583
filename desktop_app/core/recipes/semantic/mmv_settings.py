"""Settings of mmv_im2im's segmentation (YAML), by their documented names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.foreign_parts import plain, take_loss, take_optimiser, take_patch, take_rate
from desktop_app.core.recipes.foreign_settings import Entries, ForeignSettings, SettingsReport, number_in, table_in
from desktop_app.core.recipes.mmv_im2im import take_loader, take_trainer

FRAMEWORKS = frozenset({"fcn", "nnunet"})
"""Those of its frameworks that segment by a network of this method."""
_LOSSES = {
    "crossentropyloss": "cross_entropy", "diceloss": "dice", "diceceloss": "dice_cross_entropy",
    "dicefocalloss": "dice_focal", "generalizeddicefocalloss": "dice_focal", "focalloss": "focal",
    "generalizeddiceloss": "generalised_dice", "tverskyloss": "tversky",
}  # fmt: skip
_NETWORKS = {
    "basicunet": "plain_unet", "unet": "unet", "attentionunet": "attention_unet", "dynunet": "dynunet",
    "segresnet": "segresnet", "vnet": "vnet", "swinunetr": "swin_unetr",
}  # fmt: skip
_SCHEDULES = {
    "reducelronplateau": "plateau", "cosineannealinglr": "cosine", "polynomiallr": "poly", "onecyclelr": "one_cycle",
    "steplr": "step",
}  # fmt: skip
_FALLS = (("factor", "fall"), ("gamma", "fall"), ("patience", "fall_patience"), ("power", "power"))
"""Parameters of schedules, and what they are called here."""


def of_mmv(document: Mapping[str, Any]) -> ForeignSettings:
    """The settings in such a file, and what became of each entry."""
    report = SettingsReport()
    entries = Entries(document, report)
    nnunet = entries.word("model.framework").lower() == "nnunet"
    entries.take("data.category")
    name = entries.word("model.net.func_name")
    network = _NETWORKS.get(plain(name), "dynunet" if nnunet else "unet")
    given = entries.first("model.net.params.spatial_dims", "model.net.params.dimensions")[1]
    dimensions = 2 if number_in(given) == 2 or plain(name).endswith("2d") else 3  # else as most of its files
    title = NETWORKS[f"{network}{dimensions}d"].title
    report.said.append(f"The network {name or 'of the file'} becomes {title}.")
    take_loss(entries.word("model.criterion.func_name"), _LOSSES, report)
    take_optimiser(entries.word("model.optimizer.func_name"), report)
    for entry, key in (("lr", "learning_rate"), ("weight_decay", "weight_decay"), ("momentum", "momentum")):
        take_rate(key, entries.number(f"model.optimizer.params.{entry}"), entry, report)
    _take_schedule(entries, report)
    take_trainer(entries, report)
    take_loader(entries, report)
    _take_size(entries, report, flat=dimensions == 2)
    for step in ("preprocess", "augmentation", "postprocess"):
        report.left(
            f"data.{step}", entries.take(f"data.{step}"), "images are brought to one grey scale and changed at random"
        )
    report.left_unread(entries)
    return report.finished("mmv_im2im", "semantic", f"{network}{dimensions}d", {})


def _take_schedule(entries: Entries, report: SettingsReport) -> None:
    """How the rate falls; epochs in it have no fixed length here."""
    name = entries.word("model.scheduler.func_name")
    schedule = _SCHEDULES.get(plain(name))
    if schedule is None:
        if name:
            report.said.append(f"The scheduler {name} becomes the usual one; “Learning rate over time” has others.")
        return
    report.optimisation["schedule"] = schedule
    for entry, key in _FALLS:
        value = entries.number(f"model.scheduler.params.{entry}")
        take_rate(key, int(value) if value is not None and key == "fall_patience" else value, entry, report)
    take_rate("learning_rate", entries.number("model.scheduler.params.max_lr"), "max_lr", report)
    if schedule == "step":
        report.said.append("step_size of the scheduler counts epochs: set “Rate falls every”.")
        entries.take("model.scheduler.params.step_size")


def _take_size(entries: Entries, report: SettingsReport, *, flat: bool) -> None:
    name, size = entries.first("data.extra.patch_size", "data.patch_size")
    crop = _crop_size(entries)
    take_patch(name, crop if size is None else size, report, flat=flat)


def _crop_size(entries: Entries) -> Any:
    """The size of random crops among the steps before training."""
    for place in ("data.preprocess", "data.augmentation"):
        steps = entries.take(place)
        for step in steps if isinstance(steps, Sequence) and not isinstance(steps, str) else ():
            if isinstance(step, Mapping) and "Crop" in str(step.get("func_name", "")):
                found = table_in(step, "params")
                return found.get("roi_size", found.get("spatial_size"))
    return None
