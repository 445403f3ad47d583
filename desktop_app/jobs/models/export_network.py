"""A model's network as a file that other programs run, with a description of what goes in and comes out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.atomic import atomic_path, make_place, write_json, writing
from desktop_app.io.models import load_card, read_weights

NETWORK_FORMS = {".onnx": "ONNX", ".pt": "TorchScript"}
"""Endings of such files, and what they are called."""
_VERSION = 1  # of the description; counts up when a program that reads it must do otherwise


@dataclass(frozen=True, slots=True)
class ExportedNetwork:
    """What was written.

    Attributes:
        file: The network.
        description: What goes in and comes out, as JSON, beside it.
        difference: Of its numbers to the model's own, as a share of the largest.
        any_size: Whether it takes images of every multiple of the divisor.
        tried_by: What ran the file to compare it; empty where nothing here can.
    """

    file: Path
    description: Path
    difference: float
    any_size: bool
    tried_by: str


def export_network(model: Path, target: Path, ctx: JobContext) -> ExportedNetwork:
    """Write the network of a model as ONNX or TorchScript, by the ending of the file.

    The file is compared with the model on a tile of noise before it takes its place. Beside it stands the same
    name with ``.json`` behind, with channels, sizes, grey values, and the meaning of the outputs.

    Raises:
        UserError: If the model or the ending does not allow it, or other numbers come out.
        UnreadableFileError: If the model is incomplete.
        UnwritableFileError: If the disk refuses.
        JobCancelled: If the user stopped it.
    """
    if target.suffix.lower() not in NETWORK_FORMS:
        known = " or ".join(f"{name} ({ending})" for ending, name in NETWORK_FORMS.items())
        raise UserError(f"{target.name} has no ending of a network for other programs.", hint=f"Write {known}.")
    card = load_card(model)
    if card.network not in NETWORKS:
        raise UserError(
            f"“{card.name}” holds no network that can be exported.", hint="Export it as one .vwmodel file instead."
        )
    ctx.report(Progress(0, 2, f"Loading {card.name}"))
    network = _network(model, card)
    ctx.raise_if_cancelled()
    ctx.report(Progress(1, 2, f"Writing and comparing {target.name}"))
    from desktop_app.ml.networks.plain_form import Trial, write_onnx, write_torchscript

    write = write_onnx if target.suffix.lower() == ".onnx" else write_torchscript
    trial = Trial(card.input_channels, card.patch_size, card.divisor, card.dimensions == 2)
    make_place(target)
    with writing(target), atomic_path(target) as temporary:
        form = write(network, trial, temporary)
    description = target.with_name(f"{target.name}.json")
    write_json(description, _description(card, target, form))
    ctx.report(Progress(2, 2, f"{target.name} is ready"))
    if not form.any_size:
        size = " × ".join(str(n) for n in form.tile)
        ctx.report(Note("warning", f"This network takes images of {size} (z, y, x) alone; cut larger ones into tiles."))
    if not form.tried_by:
        text = "The file itself could not be tried, as ONNX Runtime is not installed; what it was made of agrees."
        ctx.report(Note("info", text))
    return ExportedNetwork(target, description, form.difference, form.any_size, form.tried_by)


def _network(model: Path, card: ModelCard) -> Any:
    from desktop_app.ml.inference.loading import fill_weights, most_bytes_of, network_of

    network = network_of(card)
    fill_weights(network, read_weights(model, most_bytes_of(network)), card.name)
    return network.eval()


def _description(card: ModelCard, target: Path, form: Any) -> dict[str, Any]:
    flat = card.dimensions == 2
    recipe = RECIPES.get(card.recipe)
    return {
        "version": _VERSION,
        "file": target.name,
        "name": card.name,
        "input": {
            "name": "image",
            "axes": "bcyx" if flat else "bczyx",
            "channels": card.input_channels,
            "multiple_of": list(card.divisor[1:] if flat else card.divisor),
            "only_size": None if form.any_size else list(form.tile[1:] if flat else form.tile),
            "greys": card.normalisation.model_dump(),
            "voxel_size": card.voxel_size.model_dump(),
        },
        "outputs": list(form.outputs),
        "channels": card.output_channels,
        "classes": list(card.class_names),
        "meaning": recipe.output_words if recipe is not None else "",
        "difference": form.difference,
        "compared_by": form.tried_by,
        "method": card.recipe,
        "making_objects": card.decode,
        "licence": card.licence,
        "citation": card.citation,
    }
