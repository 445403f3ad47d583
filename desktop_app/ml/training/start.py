"""What a run starts from: grey scale, pretrained weights, kind of normalisation. Decided once, kept in its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.core.networks.registry import ENCODER_WITH_WEIGHTS, NETWORKS
from desktop_app.core.recipes.panoptic.parameters import PanopticTraining
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.atomic import write_json
from desktop_app.io.models import load_card
from desktop_app.io.models.catalogue import load_catalogue, pretrained_encoder
from desktop_app.ml.networks.registry import network_divisor

START_FILE = "start.json"
FEW_PATCHES_PER_STEP = 8
_FEW_VALUES = 32
_PERCENTILES = Normalisation()
_ELECTRONS = Normalisation(kind="range", mean=0.57571, std=0.12765)


@dataclass(frozen=True, slots=True)
class Start:
    """Decisions before the first step that must not change when a run is resumed.

    Attributes:
        normalisation: How grey values become network input.
        arguments: Of the network.
        encoder: File with pretrained weights of the encoder, None without.
        licence: Of what it starts from; empty if that is not known.
        citation: What to cite for it.
        decode: How the model to finetune makes objects; empty without one.
    """

    normalisation: Normalisation
    arguments: dict[str, Any]
    encoder: Path | None = None
    licence: str = ""
    citation: str = ""
    decode: dict[str, Any] = field(default_factory=dict)


def start_of(config: TrainingConfig, run: Path, ctx: JobContext) -> Start:
    """The decisions of a run: those in its folder, or new ones, which are written there.

    Raises:
        UserError: If a file with pretrained weights cannot be used.
        JobCancelled: If the user stops the download of pretrained weights.
    """
    kept = kept_start(run)
    if kept is not None:
        return kept
    start = _decided(config, ctx)
    values = {
        "normalisation": start.normalisation.model_dump(),
        "arguments": start.arguments,
        "encoder": str(start.encoder) if start.encoder else None,
        "licence": start.licence,
        "citation": start.citation,
        "decode": start.decode,
    }
    write_json(run / START_FILE, values)
    return start


def kept_start(run: Path) -> Start | None:
    """The decisions in a run folder; None where there are none yet."""
    path = run / START_FILE
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Start(
        Normalisation.model_validate(kept["normalisation"]),
        kept["arguments"],
        Path(kept["encoder"]) if kept["encoder"] else None,
        str(kept.get("licence", "")),
        str(kept.get("citation", "")),
        kept.get("decode", {}),
    )


def read_encoder(path: Path) -> tuple[dict[str, NDArray[Any]], Normalisation]:
    """Weights of an encoder from a file, and the grey scale that they were trained with where the file tells it.

    Raises:
        UserError: If the file holds no weights.
    """
    from desktop_app.io.models.tensors import read_tensors

    found = read_tensors(path)
    norms = found.extras.get("norms")
    if isinstance(norms, dict):
        norms = [norms.get("mean"), norms.get("std")]
    if not isinstance(norms, list | tuple) or len(norms) != 2:
        return found.tensors, _ELECTRONS
    mean, std = (float(np.ravel(value)[0]) for value in norms)
    return found.tensors, _ELECTRONS.model_copy(update={"mean": mean, "std": std})


def _decided(config: TrainingConfig, ctx: JobContext) -> Start:
    if config.start_from:
        card = load_card(Path(config.start_from))
        return Start(card.normalisation, config.network_arguments, None, card.licence, card.citation, card.decode)
    parameters = RECIPES[config.recipe].training.model_validate(config.recipe_parameters)
    if not isinstance(parameters, PanopticTraining):
        return Start(_PERCENTILES, config.network_arguments)
    encoder = _encoder_file(config, parameters, ctx)
    if encoder is None:
        return Start(_ELECTRONS, _suiting_norm(config, parameters, ctx))
    return Start(read_encoder(encoder)[1], config.network_arguments, encoder, *_credit_of(encoder))


def _credit_of(encoder: Path) -> tuple[str, str]:
    """Licence and citation of published weights, which are known by their file name."""
    entry = next((entry for entry in load_catalogue().entries if entry.file_name == encoder.name), None)
    return (entry.licence, entry.whole_citation) if entry else ("", "")


def _encoder_file(config: TrainingConfig, parameters: PanopticTraining, ctx: JobContext) -> Path | None:
    if parameters.pretrained_file:
        path = Path(parameters.pretrained_file)
        if not path.is_file():
            raise UserError(
                f"The file with pretrained weights {path.name} is not there.", hint="Choose it again, or use none."
            )
        return path
    arguments = NETWORKS[config.network].arguments.model_validate(config.network_arguments)
    encoder = getattr(arguments, "encoder", "")
    if not parameters.pretrained or encoder != ENCODER_WITH_WEIGHTS:
        return None
    path_or_none = pretrained_encoder(encoder, ctx)
    if path_or_none is None:
        text = "The training starts from random weights. It then needs more steps and more labelled images."
        ctx.report(Note("warning", text))
    return path_or_none


def _suiting_norm(config: TrainingConfig, parameters: PanopticTraining, ctx: JobContext) -> dict[str, Any]:
    """Group normalisation where batches are too small to tell a mean and a spread, also of the coarsest maps."""
    arguments = NETWORKS[config.network].arguments.model_validate(config.network_arguments)
    few = _few_values(config) and parameters.statistics == "auto"
    if getattr(arguments, "norm", "") != "batch" or not (few or parameters.statistics == "keep"):
        return config.network_arguments
    batch, edge = config.optimisation.batch_size, config.patch_size[1]
    reason = "There are no batch statistics to keep"
    if few:
        reason = f"{batch} patches of {edge} px per step are too few for batch normalisation"
    ctx.report(Note("info", f"{reason}: the network is trained with group normalisation instead."))
    return {**config.network_arguments, "norm": "group"}


def _few_values(config: TrainingConfig) -> bool:
    """Whether a step shows few patches, or few values of the coarsest maps."""
    batch, divisor = config.optimisation.batch_size, network_divisor(config.network, config.network_arguments)
    cells = (config.patch_size[1] // divisor[1]) * (config.patch_size[2] // divisor[2])
    return batch < FEW_PATCHES_PER_STEP or batch * cells < _FEW_VALUES
