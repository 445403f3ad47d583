"""Settings of mmv_im2im (YAML) and EmbedSeg (JSON), by the names that their documentation gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from desktop_app.core.recipes.foreign_settings import ForeignSettings, number_in, table_in

_FACTOR = 8  # of patch edges, as the published network halves them three times
_SPREAD = 5  # standard deviations above the mean extent that a crop of EmbedSeg spans, as published


@dataclass(slots=True)
class _Report:
    """Values and sentences as they come together."""

    values: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    optimisation: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def finished(self, program: str, network: str) -> ForeignSettings:
        """All of it as settings."""
        values = {"recipe": "embedding", "network": network, "network_arguments": {}, **self.values}
        values["recipe_parameters"] = self.recipe
        if self.optimisation:
            values["optimisation"] = self.optimisation
        return ForeignSettings(program, values, tuple(self.said))


def settings_of(document: Mapping[str, Any]) -> ForeignSettings | None:
    """Settings in a file of mmv_im2im or EmbedSeg; None if it is neither."""
    data, model = table_in(document, "data"), table_in(document, "model")
    if data.get("category") == "embedseg" or model.get("framework") == "embedseg":
        return _of_mmv(document, data, model)
    if "foreground_weight" in document and "n_x" in document:
        return _of_embedseg(document)
    return None


def _of_mmv(document: Mapping[str, Any], data: Mapping[str, Any], model: Mapping[str, Any]) -> ForeignSettings:
    report = _Report()
    criterion, net = table_in(model, "criterion"), table_in(model, "net")
    given = table_in(criterion, "params")
    flat = str(criterion.get("func_name", net.get("func_name", ""))).lower().endswith("2d")
    _take_criterion(given, report)
    extra, more = table_in(data, "extra"), table_in(model, "model_extra")
    _take_centre(extra.get("center_method", more.get("center_method")), report)
    kept = bool(data.get("cache_path"))
    report.recipe["patches"] = "kept" if kept else "anew"
    report.said.append(
        "data.cache_path is set: one patch around each object is kept (pretrain)."
        if kept
        else "data.cache_path is not set: patches are cut anew for each step (finetune)."
    )
    _take_patch(extra.get("patch_size", _crop_size(data)), report, flat=flat)
    _take_learning(document, data, model, report)
    start = _first(more, ("pre-train", "pretrain", "pre_train"))
    if start is not None:
        report.said.append(f"It goes on from {start}: choose a model of this program to start from, if you have one.")
    name = str(net.get("func_name", ""))
    network = f"{'erfnet' if 'erfnet' in name.lower() else 'unet'}{2 if flat else 3}d"
    report.said.append(f"The network {name or 'of the file'} becomes {network}.")
    for entry in ("preprocess", "augmentation"):
        if data.get(entry):
            report.said.append(f"data.{entry} is left out: images are brought to one grey scale and changed at random.")
    if data.get("postprocess"):
        report.said.append("data.postprocess is left out: it is set when a model is run.")
    return report.finished("mmv_im2im", network)


def _take_criterion(given: Mapping[str, Any], report: _Report) -> None:
    """Weight and span; the grid itself is made as it is used."""
    weight = number_in(given.get("foreground_weight"))
    if weight is not None:
        report.recipe["foreground_weight"] = weight
    grid, pixel = number_in(given.get("grid_x")), number_in(given.get("pixel_x", 1)) or 1.0
    if grid is not None and grid > 1:
        report.recipe["span"] = (grid - 1) / pixel
        report.said.append("The grid gives the longest arrow; its spacing comes from the voxel size.")
    if given.get("use_costmap"):
        report.said.append("use_costmap: masks NAME_CM beside NAME_IM and NAME_GT are used where there are any.")


def _take_centre(method: Any, report: _Report) -> None:
    if method in ("centroid", "approximate-medoid", "medoid"):
        report.recipe["centre"] = method
    elif method is not None:
        report.said.append(f"The centre method “{method}” is not known; the usual one is taken.")


def _take_patch(size: Any, report: _Report, *, flat: bool) -> None:
    """Edges, rounded up so that a network can halve them."""
    edges = [number_in(edge) for edge in size] if isinstance(size, Sequence) and not isinstance(size, str) else []
    if len(edges) < 2 or any(edge is None or edge < 1 for edge in edges):
        report.said.append("No patch size is given; it follows from the data.")
        return
    y, x = (_even(edge or 1) for edge in edges[-2:])
    z = 1 if flat or len(edges) < 3 else _even(edges[0] or 1)
    report.values["patch_size"] = (z, y, x)
    if [e for e in edges if e] != [float(e) for e in (z, y, x)[-len(edges) :]]:
        report.said.append(f"The patch becomes {z} × {y} × {x} (z, y, x), so that the network can halve it.")


def _take_learning(
    document: Mapping[str, Any], data: Mapping[str, Any], model: Mapping[str, Any], report: _Report
) -> None:
    """Rate, decay, largest gradient, patches per step, patience; epochs are counted otherwise here."""
    optimiser = table_in(table_in(model, "optimizer"), "params")
    for name, key in (("lr", "learning_rate"), ("weight_decay", "weight_decay")):
        value = number_in(optimiser.get(name))
        if value is not None:
            report.optimisation[key] = value
    loader = table_in(table_in(table_in(data, "dataloader"), "train"), "dataloader_params")
    batch = number_in(loader.get("batch_size"))
    if batch is not None and batch >= 1:
        report.optimisation["batch_size"] = int(batch)
    trainer = table_in(document, "trainer")
    given = table_in(trainer, "params")
    clip = number_in(given.get("gradient_clip_val"))
    if clip is not None and clip >= 0:
        report.optimisation["clip"] = clip
    patience = next((n for n in map(_patience, _entries(trainer.get("callbacks"))) if n is not None), None)
    if patience is not None:
        report.values["validation"] = {"patience": patience}
    scheduler = table_in(model, "scheduler").get("func_name")
    if scheduler:
        report.said.append(
            f"The scheduler {scheduler}, which counts epochs, is left out: see “Learning rate over time”."
        )
    epochs = number_in(given.get("max_epochs"))
    if epochs is not None:
        report.said.append(
            f"max_epochs {epochs:.0f} is left out: set “Training steps”, epochs times patches per epoch."
        )


def _crop_size(data: Mapping[str, Any]) -> Any:
    """The size of random crops among the steps before training."""
    for step in _entries(data.get("preprocess")):
        if "Crop" in str(step.get("func_name", "")):
            return table_in(step, "params").get("roi_size")
    return None


def _entries(steps: Any) -> list[Mapping[str, Any]]:
    """The tables in a list of such a file."""
    listed = steps if isinstance(steps, Sequence) and not isinstance(steps, str) else ()
    return [step for step in listed if isinstance(step, Mapping)]


def _patience(callback: Mapping[str, Any]) -> int | None:
    """Validations without progress after which a training ends, where a callback says so."""
    if "EarlyStopping" not in str(callback.get("func_name", "")):
        return None
    wanted = number_in(table_in(callback, "params").get("patience"))
    return None if wanted is None or wanted < 1 else int(wanted)


def _of_embedseg(document: Mapping[str, Any]) -> ForeignSettings:
    report = _Report()
    weight = number_in(document.get("foreground_weight"))
    if weight is not None:
        report.recipe["foreground_weight"] = weight
    deep = (number_in(document.get("n_z")) or 1) > 1
    edges = []
    for axis in "zyx" if deep else "yx":
        mean, spread = (number_in(document.get(f"{name}_object_size_{axis}")) for name in ("avg", "stdev"))
        edges.append(None if mean is None else mean + _SPREAD * (spread or 0.0))
    known = [edge for edge in edges[-2:] if edge is not None]
    size = [*edges[:-2], max(known), max(known)] if len(known) == 2 else None
    _take_patch(size, report, flat=not deep)
    if document.get("one_hot"):
        report.said.append("one_hot: a stack of masks is taken as it is; where objects overlap, the smaller counts.")
    smallest = number_in(document.get("min_object_size"))
    if smallest is not None:
        report.said.append(f"min_object_size {smallest:.0f}: the smallest object follows from the labels, too.")
    report.said.append("n_x, n_y and n_z are not needed: the grid is made as it is used.")
    sizes = [number_in(document.get(f"pixel_size_{axis}_microns")) for axis in "zyx"]
    if any(size is not None for size in sizes):
        said = ", ".join("?" if size is None else f"{size:g}" for size in sizes)
        report.said.append(f"Voxel sizes ({said} µm, z, y, x) come from the image files; give them there if missing.")
    return report.finished("EmbedSeg", f"erfnet{3 if deep else 2}d")


def _first(values: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((values[name] for name in names if values.get(name)), None)


def _even(edge: float) -> int:
    return max(_FACTOR, -(-int(-(-edge // 1)) // _FACTOR) * _FACTOR)
