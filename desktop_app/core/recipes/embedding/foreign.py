"""Settings of mmv_im2im (YAML) and EmbedSeg (JSON), by the names that their documentation gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.embedding.parameters import EmbeddingTraining
from desktop_app.core.recipes.foreign_parts import take_optimiser, take_patch, take_rate
from desktop_app.core.recipes.foreign_settings import Entries, ForeignSettings, SettingsReport, table_in
from desktop_app.core.recipes.mmv_im2im import entries_in, take_loader, take_trainer

_SPREAD = 5  # standard deviations above the mean extent that a crop of EmbedSeg spans, as published
_CENTRES = ("centroid", "approximate-medoid", "medoid")


def settings_of(document: Mapping[str, Any]) -> ForeignSettings | None:
    """Settings in a file of mmv_im2im or EmbedSeg; None if it is neither."""
    data, model = table_in(document, "data"), table_in(document, "model")
    if data.get("category") == "embedseg" or model.get("framework") == "embedseg":
        return _of_mmv(document)
    if "foreground_weight" in document and "n_x" in document:
        return _of_embedseg(document)
    return None


def _of_mmv(document: Mapping[str, Any]) -> ForeignSettings:
    report = SettingsReport()
    entries = Entries(document, report)
    entries.first("data.category", "model.framework")
    name = entries.word("model.net.func_name")
    flat = (entries.word("model.criterion.func_name") or name).lower().endswith("2d")
    _take_criterion(entries, report)
    _take_centre(entries.first("data.extra.center_method", "model.model_extra.center_method")[1], report)
    kept = bool(entries.take("data.cache_path"))
    report.recipe["patches"] = "kept" if kept else "anew"
    report.said.append(
        "data.cache_path is set: one patch around each object is kept (pretrain)."
        if kept
        else "data.cache_path is not set: patches are cut anew for each step (finetune)."
    )
    steps = entries.take("data.preprocess")
    place, size = entries.first("data.extra.patch_size", "data.patch_size")
    take_patch(place, _crop_size(steps) if size is None else size, report, flat=flat)
    _take_learning(entries, report)
    start = entries.first(*(f"model.model_extra.{name}" for name in ("pre-train", "pretrain", "pre_train")))[1]
    if start is not None:
        report.said.append(f"It goes on from {start}: choose a model of this program to start from, if you have one.")
    network = f"{'erfnet' if 'erfnet' in name.lower() else 'unet'}{2 if flat else 3}d"
    report.said.append(f"The network {name or 'of the file'} becomes {NETWORKS[network].title}.")
    for entry, value in (("preprocess", steps), ("augmentation", entries.take("data.augmentation"))):
        report.left(f"data.{entry}", value, "images are brought to one grey scale and changed at random")
    report.left("data.postprocess", entries.take("data.postprocess"), "it is set when a model is run")
    report.left_unread(entries)
    return report.finished("mmv_im2im", "embedding", network, {})


def _take_criterion(entries: Entries, report: SettingsReport) -> None:
    """Weight and span; the grid itself is made as it is used."""
    params = "model.criterion.params"
    weight = entries.number(f"{params}.foreground_weight")
    if weight is not None:
        report.set(report.recipe, "foreground_weight", weight, "foreground_weight", EmbeddingTraining)
    grid, pixel = entries.number(f"{params}.grid_x"), entries.number(f"{params}.pixel_x") or 1.0
    for axis in "zy":
        entries.first(f"{params}.grid_{axis}", f"{params}.pixel_{axis}")
    if (
        grid is not None
        and grid > 1
        and report.set(report.recipe, "span", (grid - 1) / pixel, "grid_x", EmbeddingTraining)
    ):
        report.said.append("The grid gives the longest arrow; its spacing comes from the voxel size.")
    if entries.take(f"{params}.use_costmap"):
        report.said.append("use_costmap: masks NAME_CM beside NAME_IM and NAME_GT are used where there are any.")


def _take_centre(method: Any, report: SettingsReport) -> None:
    if method in _CENTRES:
        report.recipe["centre"] = method
    elif method is not None:
        report.said.append(f"The centre method “{method}” is not known; the usual one is taken.")


def _take_learning(entries: Entries, report: SettingsReport) -> None:
    """Rate, decay, largest gradient, patches per step, patience; epochs are counted otherwise here."""
    for name, key in (("lr", "learning_rate"), ("weight_decay", "weight_decay")):
        take_rate(key, entries.number(f"model.optimizer.params.{name}"), name, report)
    take_optimiser(entries.word("model.optimizer.func_name"), report)
    scheduler = entries.word("model.scheduler.func_name")
    if scheduler:
        report.said.append(
            f"The scheduler {scheduler}, which counts epochs, is left out: see “Learning rate over time”."
        )
        entries.take("model.scheduler.params")
    take_trainer(entries, report)
    take_loader(entries, report)


def _crop_size(steps: Any) -> Any:
    """The size of random crops among the steps before training."""
    for step in entries_in(steps):
        if "Crop" in str(step.get("func_name", "")):
            return table_in(step, "params").get("roi_size")
    return None


def _of_embedseg(document: Mapping[str, Any]) -> ForeignSettings:
    report = SettingsReport()
    entries = Entries(document, report)
    weight = entries.number("foreground_weight")
    if weight is not None:
        report.set(report.recipe, "foreground_weight", weight, "foreground_weight", EmbeddingTraining)
    deep = (entries.number("n_z") or 1) > 1
    edges = []
    for axis in "zyx" if deep else "yx":
        mean, spread = (entries.number(f"{name}_object_size_{axis}") for name in ("avg", "stdev"))
        edges.append(None if mean is None else mean + _SPREAD * (spread or 0.0))
    known = [edge for edge in edges[-2:] if edge is not None]
    size = [*edges[:-2], max(known), max(known)] if len(known) == 2 else None
    take_patch("avg_object_size", size, report, flat=not deep)
    if entries.take("one_hot"):
        report.said.append("one_hot: a stack of masks is taken as it is; where objects overlap, the smaller counts.")
    smallest = entries.number("min_object_size")
    if smallest is not None:
        report.said.append(f"min_object_size {smallest:.0f}: the smallest object follows from the labels, too.")
    entries.first("n_x", "n_y")
    report.said.append("n_x, n_y and n_z are not needed: the grid is made as it is used.")
    sizes = [entries.number(f"pixel_size_{axis}_microns") for axis in "zyx"]
    if any(size is not None for size in sizes):
        said = ", ".join("?" if size is None else f"{size:g}" for size in sizes)
        report.said.append(f"Voxel sizes ({said} µm, z, y, x) come from the image files; give them there if missing.")
    report.left_unread(entries)
    return report.finished("EmbedSeg", "embedding", f"erfnet{3 if deep else 2}d", {})
