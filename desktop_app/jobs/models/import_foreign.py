"""Models of another program become models of this one, which can be used and finetuned."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.catalogue import CatalogueEntry, PublishedNorms
from desktop_app.core.config.foreign import ForeignDescription, described_by_catalogue
from desktop_app.core.config.model_card import ModelCard, Normalisation
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.networks.registry import known_network, network_divisor
from desktop_app.core.networks.torchscript import STEP
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.atomic import make_place
from desktop_app.io.models import save_model
from desktop_app.io.models.catalogue import load_catalogue
from desktop_app.io.models.exchange import free_place
from desktop_app.io.models.files import sha256_of
from desktop_app.io.models.foreign import (
    FOREIGN_SUFFIXES,
    ForeignFiles,
    foreign_files,
    plain_name,
    read_description,
)
from desktop_app.io.models.tensors import LegacyFileError, TensorFile, checkpoint, read_tensors
from desktop_app.io.plain_files import open_plain
from desktop_app.io.trust import is_trusted, trust

__all__ = [
    "FOREIGN_SUFFIXES", "SOURCE_SHA256", "DescriptionNeededError", "ForeignImport", "TrustNeededError",
    "import_foreign", "is_foreign",
]  # fmt: skip
SOURCE_SHA256 = "source_sha256"
"""Entry of the card's training: checksum of the file that was imported."""
_SMALLEST_PATCH = 256  # px: suits most electron microscopy, as the field TrainingConfig.patch_size says
_VOLUME_PATCH = 64  # voxels: the window through which CellSeg3D looks at volumes


class DescriptionNeededError(UserError):
    """Weights alone do not say what they find; a YAML file must be chosen."""


class TrustNeededError(UserError):
    """The model cannot be converted; the program inside could be used, if the user trusts it."""


@dataclass(frozen=True, slots=True)
class ForeignImport:
    """What to import.

    Attributes:
        source: ``.empanada``, ``.tar.gz``, ``.pth``, ``.pth.tar``, ``.pt``, ``.safetensors``, or a YAML beside one.
        description: YAML file that describes the model; None looks inside, beside, and in the catalogue.
        name: Of the new model; empty takes the published or the file's name.
        entry: Name of the entry of the catalogue that it was downloaded as; empty finds it by the file's name.
        licence: As the record of the published file states it; empty takes the words of the catalogue.
        trusted: The user agrees to run the program inside, should the weights not be convertible.
    """

    source: Path
    description: Path | None = None
    name: str = ""
    entry: str = ""
    licence: str = ""
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class _Network:
    """What becomes of the network.

    Attributes:
        name: Key of the network here.
        arguments: Its arguments.
        inputs: Channels of the image.
        outputs: Channels of the class logits.
        weights: Arrays by the names that they have here.
        normalisation: Of the images that it saw, where its kind tells; None leaves that to a description.
        notes: What the user should know of it.
    """

    name: str
    arguments: dict[str, Any]
    inputs: int
    outputs: int
    weights: dict[str, NDArray[Any]]
    normalisation: Normalisation | None = None
    notes: tuple[str, ...] = ()


def is_foreign(path: Path) -> bool:
    """Whether a file is a model of another program, by its ending."""
    return path.name.lower().endswith(FOREIGN_SUFFIXES) and not path.is_dir()


def import_foreign(wanted: ForeignImport, folder: Path, ctx: JobContext) -> Path:
    """Convert a model into ``folder``. Nothing in the file is run, unless it cannot be converted and is trusted.

    Returns:
        The new model.

    Raises:
        DescriptionNeededError: If there is no description inside or beside it.
        TrustNeededError: If it is a TorchScript program that cannot be converted, and is not trusted.
        UnreadableFileError: If a file is missing, cut off, or another kind of file.
        UserError: If the model is none that can be used, or the description is not valid or does not suit it.
        UnwritableFileError: If the disk refuses.
        JobCancelled: If the user stopped it.
    """
    ctx.report(Progress(0, 3, f"Reading {wanted.source.name}"))
    entry = _entry(wanted, wanted.source)
    with foreign_files(wanted.source, wanted.description, entry.member if entry else "") as files:
        found = _read(files.weights)
        entry = entry or _entry(wanted, files.weights)
        _refuse_encoder(found, wanted.source)
        ctx.raise_if_cancelled()
        ctx.report(Progress(1, 3, "Converting the weights"))
        try:
            network = _converted(found, wanted.source.name)
        except UserError as error:
            if found.kind != "torchscript":
                raise
            network = _program(wanted, files, entry, error)
        description = _description(files, found, entry, network)
    for note in network.notes:
        ctx.report(Note("info", note))
    card = _card(wanted, description, entry, network)
    ctx.raise_if_cancelled()
    ctx.report(Progress(2, 3, "Saving the model"))
    free = free_place(folder, card.name)
    make_place(free)
    place = save_model(free, card, network.weights)
    ctx.report(Progress(3, 3, f"{card.name} is ready"))
    return place


def _checksum(source: Path) -> str:
    with open_plain(source) as file:
        return sha256_of(file)


def _converted(found: TensorFile, name: str) -> _Network:
    from desktop_app.ml.networks.foreign import converted, recognise
    from desktop_app.ml.networks.layouts import layout_of
    from desktop_app.ml.networks.renamed import renamed
    from desktop_app.ml.networks.state import tensors_of

    tensors = tensors_of(found.tensors)
    layout = layout_of(tensors)
    if layout is not None:
        own = renamed(tensors, layout, name)
        arrays = {key: value.numpy() for key, value in own.weights.items()}
        return _Network(own.network, own.arguments, own.inputs, own.outputs, arrays, own.normalisation, own.notes)
    model = recognise(found.tensors, name)
    weights = {key: value.numpy() for key, value in converted(found.tensors, model, name).items()}
    return _Network(model.network, model.arguments, model.inputs, model.outputs, weights)


def _program(wanted: ForeignImport, files: ForeignFiles, entry: CatalogueEntry | None, why: UserError) -> _Network:
    """The TorchScript program as it is, where the user trusts it."""
    from desktop_app.ml.networks.torchscript import PROGRAM, tried_program

    data = files.weights.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    if wanted.trusted:
        trust(sha256, wanted.source.name)
    if not is_trusted(sha256):
        raise TrustNeededError(
            f"{wanted.source.name} has a layout that is not known here, so it cannot be converted.",
            hint="It holds a program that could be run as it is. Do so only if you trust where it comes from: import "
            "it in the window and agree, or with --trust on the command line.",
            details=f"{why.message} {why.details}",
        )
    text = read_description(files.description) if files.description else entry and described_by_catalogue(entry)
    divisor = _multiple(text.padding_factor if text else _SMALLEST_PATCH, STEP)
    arguments = {"sha256": sha256, "divisor": divisor}
    return _Network("torchscript", arguments, 1, tried_program(data, divisor), {PROGRAM: np.frombuffer(data, np.uint8)})


def _multiple(number: int, of: int) -> int:
    return -(-number // of) * of


def _read(path: Path) -> TensorFile:
    try:
        return read_tensors(path)
    except LegacyFileError:
        from desktop_app.ml.networks.old_files import read_old_file

        return checkpoint(read_old_file(path))


def _entry(wanted: ForeignImport, file: Path) -> CatalogueEntry | None:
    """The published model that this is, by the name of its file.

    Names of weights in an archive say nothing: trainings of one's own write the same.
    """
    catalogue = load_catalogue()
    if wanted.entry:
        return catalogue.entry(wanted.entry)
    return next((e for e in catalogue.entries if e.kind == "model" and e.file_name == file.name), None)


def _refuse_encoder(found: TensorFile, source: Path) -> None:
    names = {name.removeprefix("module.") for name in found.tensors}
    if {"conv1.weight", "layer1.0.conv1.weight"} <= names:
        raise UserError(
            f"{source.name} holds the weights of an encoder, which is no model by itself.",
            hint="Choose it when you train: “Pretrained weights from a file” in the settings of the method.",
        )


def _description(
    files: ForeignFiles, found: TensorFile, entry: CatalogueEntry | None, network: _Network
) -> ForeignDescription:
    count = _class_count(network)
    if files.description is not None:
        description, told = read_description(files.description), files.description.name
    elif entry is not None:
        description, told = described_by_catalogue(entry), "the catalogue"
    elif network.normalisation is not None:
        return _described_by_count(count, PublishedNorms(mean=0, std=1), 1)
    elif found.kind == "checkpoint" and found.extras.get("norms"):
        return _described_by_checkpoint(found, files.weights.name, count)
    else:
        raise DescriptionNeededError(
            f"There is no description of the model beside {files.weights.name}.",
            hint="Choose its YAML file: it names the classes and the grey values that the model expects.",
        )
    if len(description.labels) != count:
        raise UserError(
            f"{files.weights.name} finds {count} kinds of structure, but {told} names {len(description.labels)}.",
            hint="Choose the description that belongs to this model.",
        )
    return description


def _class_count(network: _Network) -> int:
    """How many classes its outputs tell: one of several is the background; without labels it learned none."""
    return max(1, network.outputs - 1) if _recipe(network).needs_labels else 1


def _recipe(network: _Network) -> RecipeInfo:
    return RECIPES[known_network(network.name, network.arguments)[0].recipes[0]]


def _described_by_checkpoint(found: TensorFile, name: str, count: int) -> ForeignDescription:
    norms = found.extras["norms"]
    if isinstance(norms, list) and len(norms) == 2:
        norms = {"mean": norms[0], "std": norms[1]}
    try:
        return _described_by_count(count, PublishedNorms.model_validate(norms))
    except ValidationError as error:
        raise explain(error, f"The grey values in {name}") from error


def _described_by_count(count: int, norms: PublishedNorms, divisor: int | None = None) -> ForeignDescription:
    """Classes without names.

    Args:
        count: How many.
        norms: Grey values that the model expects.
        divisor: Edges of the image are multiples of this, besides what the network itself needs; None as usual.
    """
    names = {1: "Object"} if count == 1 else {}
    description = ForeignDescription(class_names=names, labels=tuple(range(1, 1 + count)), norms=norms)
    return description if divisor is None else description.model_copy(update={"padding_factor": divisor})


def _card(
    wanted: ForeignImport, description: ForeignDescription, entry: CatalogueEntry | None, network: _Network
) -> ModelCard:
    info, recipe, names = known_network(network.name, network.arguments)[0], _recipe(network), description.names()
    least = network_divisor(network.name, network.arguments)
    sides = [int(np.lcm(description.padding_factor, part)) for part in least]
    edge = _SMALLEST_PATCH if info.dimensions == 2 else _VOLUME_PATCH
    patch = [_multiple(edge, part) for part in least]
    flat = info.dimensions == 2
    parameters, decode = recipe.foreign_settings(description)
    greys = Normalisation(kind="range", mean=description.norms.mean, std=description.norms.std)
    return ModelCard(
        name=wanted.name.strip() or (entry.title if entry else plain_name(wanted.source)),
        description=description.description or (entry.summary if entry else ""),
        recipe=recipe.name,
        recipe_parameters=parameters,
        network=network.name,
        network_arguments=network.arguments,
        dimensions=info.dimensions,
        input_channels=network.inputs,
        output_channels=network.outputs,
        class_names=names,
        class_values=tuple(range(1, 1 + len(names))),
        normalisation=network.normalisation or greys,
        patch_size=(1 if flat else patch[0], patch[1], patch[2]),
        divisor=(1 if flat else sides[0], sides[1], sides[2]),
        decode=decode,
        training={
            "imported_from": wanted.source.name,
            SOURCE_SHA256: _checksum(wanted.source),
            "catalogue": entry.name if entry else "",
        },
        licence=wanted.licence or (entry.licence if entry else ""),
        citation=entry.whole_citation if entry else "",
    )
