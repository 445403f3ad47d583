"""What a run will do, decided once before its first step; what must not change on resuming is kept in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from desktop_app.core.config.model_card import ModelCard, Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext
from desktop_app.core.networks.registry import network_divisor, new_arguments, require_patch
from desktop_app.io.atomic import write_json
from desktop_app.io.json_files import read_json
from desktop_app.io.models import load_card
from desktop_app.ml.data.dataset import gather
from desktop_app.ml.inference.devices import choose_device
from desktop_app.ml.networks.normalisation import parts_of_the_tile
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.recipes.base import Recipe, Start, Task, TrainingData, task_of
from desktop_app.ml.recipes.registry import recipe_named

START_FILE = "start.json"
SPLIT_FILE = "split.json"


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """All that follows from a configuration, the data, and the computer; the parts of a run ask nothing else.

    Attributes:
        config: As the user wants it.
        run: The run folder.
        recipe: Knows how the family learns.
        task: What is learned.
        start: What it starts from.
        device: Where it computes.
        data: What it learns from and is checked with.
        card: Of the model to be made: its network, input, outputs and classes; scores and the manifest come at the end.
    """

    config: TrainingConfig
    run: Path
    recipe: Recipe
    task: Task
    start: Start
    device: torch.device
    data: TrainingData
    card: ModelCard

    @classmethod
    def of(cls, config: TrainingConfig, run: Path, ctx: JobContext) -> TrainingPlan:
        """The plan of a run, new or gone on with.

        Raises:
            UserError: If the patch does not suit the network, the device is not there, or a file cannot be used.
            JobCancelled: If the user stops the download of pretrained weights, or the opening of the images.
        """
        require_patch(config.network, config.network_arguments, config.patch_size)
        kept = _kept_start(run)
        if kept is None:
            model = config.start_from
            config = _begun_from(config, Path(model)) if model else _begun_anew(config)
        device = choose_device(config.device, ctx)
        recipe, task = recipe_named(config.recipe), task_of(config)
        start = kept or _new_start(config, recipe, run, ctx)
        data = gather(config, recipe, task, start.normalisation, ctx, run / SPLIT_FILE)
        return cls(config, run, recipe, task, start, device, data, _first_card(config, recipe, start, data))

    @property
    def releases_at(self) -> int | None:
        """Step from which levels learn that were frozen until then; None where none are, or they stay so."""
        rates = self.config.optimisation
        if not self.config.start_from or not rates.frozen_stages or rates.frozen_share == 1:
            return None
        return round(rates.frozen_share * rates.iterations)

    @property
    def cache(self) -> Path:
        """Folder for what is made of the images while the run goes on."""
        return self.run / "cache"


def _begun_from(config: TrainingConfig, model: Path) -> TrainingConfig:
    """The configuration of a run that improves a model: what it does not say of the network is as that has it."""
    card = load_card(model)
    if card.network != config.network:
        return config
    return config.model_copy(update={"network_arguments": {**card.network_arguments, **config.network_arguments}})


def _begun_anew(config: TrainingConfig) -> TrainingConfig:
    """The configuration of a run whose network has not learned anything yet.

    Raises:
        UserError: If the network looks at all of a tile at once.
    """
    arguments = new_arguments(config.network, config.network_arguments)
    with torch.device("meta"):
        network = build_network(config.network, arguments, 1, 2)
    if parts_of_the_tile(network):
        raise UserError(
            "With these settings the network looks at all of a tile at once (group normalisation, or the mean of the "
            "picture): with little in a tile it would paint empty places over.",
            hint="Choose batch normalisation, and not to see the mean of the whole picture; only models that have it "
            "already can be improved with it.",
        )
    return config.model_copy(update={"network_arguments": arguments})


def _first_card(config: TrainingConfig, recipe: Recipe, start: Start, data: TrainingData) -> ModelCard:
    task = data.task
    return ModelCard(
        name=config.name,
        recipe=config.recipe,
        recipe_parameters=recipe.card_parameters(task),
        network=config.network,
        network_arguments=start.arguments,
        dimensions=task.dimensions,
        input_channels=data.channels,
        output_channels=recipe.channels(task),
        label_kind=task.kind,
        class_names=task.class_names,
        class_values=task.class_values,
        normalisation=start.normalisation,
        voxel_size=data.voxel_size,
        patch_size=config.patch_size,
        divisor=network_divisor(config.network, config.network_arguments),
        prediction=recipe.first_prediction(task),
        decode=recipe.first_decode(config, data, start),
        licence=start.licence,
        citation=start.citation,
    )


def _new_start(config: TrainingConfig, recipe: Recipe, run: Path, ctx: JobContext) -> Start:
    """What a run begins from, written down in its folder."""
    start = _start_of_model(config, Path(config.start_from)) if config.start_from else recipe.start(config, ctx)
    values = {
        "normalisation": start.normalisation.model_dump(),
        "arguments": start.arguments,
        "encoder": str(start.pretrained) if start.pretrained else None,
        "licence": start.licence,
        "citation": start.citation,
        "decode": start.decode,
    }
    write_json(run / START_FILE, values)
    return start


def _start_of_model(config: TrainingConfig, model: Path) -> Start:
    card = load_card(model)
    return Start(
        card.normalisation,
        config.network_arguments,
        licence=card.licence,
        citation=card.citation,
        decode=card.decode,
    )


def _kept_start(run: Path) -> Start | None:
    """The decisions in a run folder; None where there are none yet."""
    path = run / START_FILE
    if not path.is_file():
        return None
    kept = read_json(path)
    return Start(
        Normalisation.model_validate(kept["normalisation"]),
        kept["arguments"],
        Path(kept["encoder"]) if kept["encoder"] else None,
        str(kept.get("licence", "")),
        str(kept.get("citation", "")),
        kept.get("decode", {}),
    )
