"""Settings of easyreg (``cur_task_setting.json``) and of mmv_im2im's segmentation (YAML), by their documented names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from desktop_app.core.recipes.foreign_settings import ForeignSettings, number_in, table_in

_FACTOR = 8  # of patch edges: the networks below halve them three times
_MOST_STEPS = 1_000_000  # as the field ``iterations`` allows
_CHANNELS = 32  # of easyreg's U-Net, as published
_EASYREG_LOSSES = {
    "ce": "cross_entropy", "focal_loss": "focal", "dice_loss": "dice", "gdice_loss": "generalised_dice",
    "tdice_loss": "tversky",
}  # fmt: skip
_MMV_LOSSES = {
    "crossentropyloss": "cross_entropy", "diceloss": "dice", "diceceloss": "dice_cross_entropy",
    "dicefocalloss": "dice_focal", "generalizeddicefocalloss": "dice_focal", "focalloss": "focal",
    "generalizeddiceloss": "generalised_dice", "tverskyloss": "tversky",
}  # fmt: skip
_MMV_NETWORKS = {
    "basicunet": "plain_unet", "unet": "unet", "attentionunet": "attention_unet", "dynunet": "dynunet",
    "segresnet": "segresnet", "vnet": "vnet", "swinunetr": "swin_unetr",
}  # fmt: skip
_OPTIMISERS = {"adam": "adam", "adamw": "adamw", "sgd": "sgd", "radam": "radam"}
_ON_RESUME = {
    "continue_train": "resume the run in its menu, or with train --resume",
    "continue_train_lr": "set the learning rate under “Go on with more steps…”, or with --rate",
    "reset_train_epoch": "count steps anew under “Go on with more steps…”, or with --count-from 0",
    "load_model_but_train_from_epoch": "set “Count steps from” under “Go on with more steps…”, or --count-from",
    "model_path": "choose a model of this program to improve, or with --from",
}
_FOR_PREPARING = {
    "img_after_resize": "“Prepare a data set” resizes images, or prepare --size",
    "interested_label_list": "choose these labels on the page of the data, or with prepare --classes",
    "max_num_for_loading": "images can be set to “Not used” on the page of the data",
}
_NOT_NEEDED = {
    "class_num": "it follows from the labels",
    "partition": "tiles overlap and are blended by themselves",
    "transform": "patches are drawn around each class alike, and changed at random",
    "normalize_via_percentage_clip": "each image is brought to one grey scale by percentiles",
    "normalize_via_range_clip": "each image is brought to one grey scale by percentiles",
}
_NOTHING: tuple[Any, ...] = (None, "", False, 0, -1, [-1], [-1, -1], [-1, -1, -1], [])


@dataclass(slots=True)
class _Report:
    """Values and sentences as they come together."""

    values: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    optimisation: dict[str, Any] = field(default_factory=dict)
    validation: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def finished(self, program: str, network: str, arguments: Mapping[str, Any]) -> ForeignSettings:
        """All of it as settings."""
        values = {
            "recipe": "semantic", "network": network, "network_arguments": dict(arguments),
            "recipe_parameters": self.recipe, **self.values,
        }  # fmt: skip
        values |= {
            name: part for name, part in (("optimisation", self.optimisation), ("validation", self.validation)) if part
        }
        return ForeignSettings(program, values, tuple(self.said))

    def left(self, name: str, value: Any, instead: str) -> None:
        """An entry that has no counterpart, with what to do about it."""
        if value not in _NOTHING:
            self.said.append(f"{name} is left out: {instead}.")


def settings_of(document: Mapping[str, Any]) -> ForeignSettings | None:
    """Settings in a file of easyreg or mmv_im2im; None if it is neither, or for another method."""
    tasks, data = table_in(document, "tsk_set"), table_in(document, "dataset")
    if tasks and (table_in(tasks, "seg") or data.get("task_type") == "seg" or "seg" in str(tasks.get("method_name"))):
        return _of_easyreg(tasks, data)
    model = table_in(document, "model")
    if str(model.get("framework", "")).upper() == "FCN" and table_in(document, "data"):
        return _of_mmv(document, table_in(document, "data"), model)
    return None


def _of_easyreg(tasks: Mapping[str, Any], data: Mapping[str, Any]) -> ForeignSettings:
    report, own = _Report(), {**table_in(tasks, "seg"), **table_in(data, "seg")}
    rounds = _first_number(tasks.get("max_batch_num_per_epoch")) or 0
    gathered = max(1, int(number_in(tasks.get("criticUpdates")) or 1))
    epochs = int(number_in(tasks.get("epoch")) or 0)
    steps = max(1, int(rounds) // gathered)
    if epochs and rounds:
        report.optimisation["iterations"] = min(_MOST_STEPS, epochs * steps)
        report.said.append(f"epoch {epochs} with {rounds:.0f} batches each become {epochs * steps:,} training steps.")
    report.optimisation["accumulate"] = gathered
    batch = _first_number(tasks.get("batch_sz"))
    if batch:
        report.optimisation["batch_size"] = max(1, int(batch))
    _take_loss(str(table_in(tasks, "loss").get("type", "")), _EASYREG_LOSSES, report)
    _take_easyreg_rates(table_in(tasks, "optim"), steps, report)
    warming = number_in(tasks.get("warmming_up_epoch"))
    if warming is not None and epochs:
        report.optimisation["warm_up"] = min(0.5, warming / epochs)  # the most that the field takes
    every = number_in(tasks.get("val_period"))
    if every:
        report.validation["every"] = max(1, int(every) * steps)
    _take_patch(own.get("patch_size"), report, flat=False)
    if number_in(tasks.get("gpu_ids")) == -1:
        report.values["device"] = "cpu"
    every_entry = {**tasks, **data, **own}
    for table in (_ON_RESUME, _FOR_PREPARING, _NOT_NEEDED):
        for name, instead in table.items():
            report.left(name, every_entry.get(name), instead)
    if own.get("use_whole_img_as_input"):
        report.values["whole_images"] = True
    report.said.append(
        f"The network becomes that of easyreg with true logits, {_CHANNELS} channels and batch normalisation."
    )
    return report.finished("easyreg", "easyreg_unet3d", {"channels": _CHANNELS, "norm": "batch"})


def _take_easyreg_rates(optim: Mapping[str, Any], steps: int, report: _Report) -> None:
    """Optimiser, rate, and how it falls; epochs are counted in steps here."""
    _take_optimiser(str(optim.get("optim_type", "")), report)
    rate = number_in(optim.get("lr"))
    if rate:
        report.optimisation["learning_rate"] = rate
    falling = table_in(optim, "lr_scheduler")
    kind = str(falling.get("type", ""))
    own = {**falling, **table_in(falling, kind)}
    factor, every = number_in(own.get("gamma", own.get("factor"))), number_in(own.get("step_size"))
    if kind == "custom" and every:
        report.optimisation |= {"schedule": "step", "fall_every": max(1, int(every) * steps)}
    elif kind == "plateau":
        report.optimisation |= {
            "schedule": "plateau",
            "fall_patience": max(1, int(number_in(own.get("patience")) or 2)),
        }
    if factor and 0 < factor < 1:
        report.optimisation["fall"] = factor


def _of_mmv(document: Mapping[str, Any], data: Mapping[str, Any], model: Mapping[str, Any]) -> ForeignSettings:
    report, net = _Report(), table_in(model, "net")
    given = table_in(net, "params")
    dimensions = 2 if number_in(given.get("spatial_dims", given.get("dimensions"))) == 2 else 3
    name = str(net.get("func_name", ""))
    network = _MMV_NETWORKS.get(_plain(name), "unet")
    report.said.append(f"The network {name or 'of the file'} becomes {network}{dimensions}d.")
    criterion = table_in(model, "criterion")
    _take_loss(str(criterion.get("func_name", "")), _MMV_LOSSES, report)
    optimiser = table_in(model, "optimizer")
    _take_optimiser(str(optimiser.get("func_name", "")), report)
    rates = table_in(optimiser, "params")
    for entry, key in (("lr", "learning_rate"), ("weight_decay", "weight_decay")):
        value = number_in(rates.get(entry))
        if value is not None:
            report.optimisation[key] = value
    _take_mmv_trainer(table_in(table_in(document, "trainer"), "params"), report)
    scheduler = str(table_in(model, "scheduler").get("func_name", ""))
    if "plateau" in scheduler.lower():
        report.optimisation["schedule"] = "plateau"
    elif scheduler:
        report.said.append(f"The scheduler {scheduler} becomes the usual one; “Learning rate over time” has others.")
    loader = table_in(table_in(table_in(data, "dataloader"), "train"), "dataloader_params")
    batch = number_in(loader.get("batch_size"))
    if batch and batch >= 1:
        report.optimisation["batch_size"] = int(batch)
    _take_patch(_crop_size(data), report, flat=dimensions == 2)
    for entry in ("preprocess", "augmentation", "postprocess"):
        report.left(f"data.{entry}", data.get(entry), "images are brought to one grey scale and changed at random")
    return report.finished("mmv_im2im", f"{network}{dimensions}d", {})


def _take_mmv_trainer(trainer: Mapping[str, Any], report: _Report) -> None:
    for entry, key in (("accumulate_grad_batches", "accumulate"), ("gradient_clip_val", "clip")):
        value = number_in(trainer.get(entry))
        if value:
            report.optimisation[key] = int(value) if key == "accumulate" else value
    epochs = number_in(trainer.get("max_epochs"))
    if epochs:
        report.said.append(f"max_epochs {epochs:.0f} is left out: set “Training steps”, epochs times batches.")


def _take_loss(name: str, known: Mapping[str, str], report: _Report) -> None:
    loss = known.get(_plain(name)) or known.get(name)
    if loss is not None:
        report.recipe["loss"] = loss
    elif name:
        report.said.append(f"The loss {name} has no counterpart; the usual one is taken.")


def _take_optimiser(name: str, report: _Report) -> None:
    known = _OPTIMISERS.get(name.lower().rpartition(".")[2])
    if known is not None:
        report.optimisation["optimiser"] = known
    elif name:
        report.said.append(f"The optimiser {name} has no counterpart; AdamW is taken.")


def _take_patch(size: Any, report: _Report, *, flat: bool) -> None:
    """Edges (z, y, x), rounded up so that a network can halve them."""
    given = [number_in(edge) for edge in size] if isinstance(size, Sequence) and not isinstance(size, str) else []
    edges = [edge for edge in given if edge is not None and edge >= 1]
    if len(edges) != len(given) or len(edges) < 2:
        report.said.append("No patch size is given; it follows from the data.")
        return
    rounded = [math.ceil(edge / _FACTOR) * _FACTOR for edge in edges]
    y, x = rounded[-2:]
    z = 1 if flat or len(rounded) < 3 else rounded[0]
    report.values["patch_size"] = (z, y, x)
    if rounded != edges:
        report.said.append(f"The patch becomes {z} × {y} × {x} (z, y, x), so that the network can halve it.")


def _crop_size(data: Mapping[str, Any]) -> Any:
    """The size of random crops among the steps before training."""
    for place in ("preprocess", "augmentation"):
        steps = data.get(place)
        for step in steps if isinstance(steps, Sequence) and not isinstance(steps, str) else ():
            if isinstance(step, Mapping) and "Crop" in str(step.get("func_name", "")):
                found = table_in(step, "params")
                return found.get("roi_size", found.get("spatial_size"))
    return None


def _plain(name: str) -> str:
    return name.rpartition(".")[2].replace("_", "").lower()


def _first_number(value: Any) -> float | None:
    """A number, or the first of a list, which is that of the training."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return number_in(value[0]) if value else None
    return number_in(value)
