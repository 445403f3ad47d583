"""What a run will do, decided once before its first step; what must not change on resuming is kept in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext
from desktop_app.core.networks.registry import require_patch
from desktop_app.io.atomic import write_json
from desktop_app.io.json_files import read_json
from desktop_app.io.models import load_card
from desktop_app.ml.inference.devices import choose_device
from desktop_app.ml.recipes.base import Recipe, Start, Task, task_of
from desktop_app.ml.recipes.registry import recipe_named

START_FILE = "start.json"


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """A run as all its parts see it.

    Attributes:
        config: As the user wants it.
        run: The run folder.
        recipe: Knows how the family learns.
        task: What is learned.
        start: What it starts from.
        device: Where it computes.
    """

    config: TrainingConfig
    run: Path
    recipe: Recipe
    task: Task
    start: Start
    device: torch.device

    @property
    def cache(self) -> Path:
        """Folder for what is made of the images while the run goes on."""
        return self.run / "cache"


def planned(config: TrainingConfig, run: Path, ctx: JobContext) -> TrainingPlan:
    """The plan of a run, new or gone on with.

    Raises:
        UserError: If the patch does not suit the network, the device is not there, or a file with pretrained weights
            cannot be used.
        JobCancelled: If the user stops the download of pretrained weights.
    """
    require_patch(config.network, config.network_arguments, config.patch_size)
    device = choose_device(config.device, ctx)
    recipe = recipe_named(config.recipe)
    start = _kept_start(run)
    if start is None:
        start = _start_of_model(config, Path(config.start_from)) if config.start_from else recipe.start(config, ctx)
        _keep_start(start, run)
    return TrainingPlan(config, run, recipe, task_of(config), start, device)


def _start_of_model(config: TrainingConfig, model: Path) -> Start:
    card = load_card(model)
    return Start(
        card.normalisation,
        config.network_arguments,
        licence=card.licence,
        citation=card.citation,
        decode=card.decode,
    )


def _keep_start(start: Start, run: Path) -> None:
    values = {
        "normalisation": start.normalisation.model_dump(),
        "arguments": start.arguments,
        "encoder": str(start.pretrained) if start.pretrained else None,
        "licence": start.licence,
        "citation": start.citation,
        "decode": start.decode,
    }
    write_json(run / START_FILE, values)


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
