"""A configuration in sentences; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.epochs import times_seen
from desktop_app.core.config.folds import models_in_turn, ways_in_turn
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging.shown_size import shown_size
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.gui.jobs.remaining import describe_seconds

if TYPE_CHECKING:
    from desktop_app.core.recipes.data_report import DataReport
    from desktop_app.jobs.train.estimate import Estimate
_LEAST_GB = 0.1  # that one decimal shows
_WHOLE_TIMES = 10  # from there on tenths say nothing more


def data_line(dataset: DatasetConfig, report: DataReport, *, grey: bool = False, labels: bool = True) -> str:
    """How many images, what they show, and what is kept aside.

    Args:
        dataset: The images.
        report: What the check found.
        grey: Whether colour pictures are taken as grey ones.
        labels: Whether the model learns from labels.
    """
    used = [p for p in dataset.pairs if p.role != "unused"]
    images = "One image" if len(used) == 1 else f"{len(used)} images"
    slices = sum(len(p.slices) for p in used if p.slices is not None)
    part = f", {slices} marked slices" if slices else ""
    things = (
        # Names, which fit a line.
        " and ".join(dataset.class_names) if len(dataset.class_names) < 4 else f"{len(dataset.class_names)} classes"
    )
    aside = " Part of it is kept aside to watch the learning." if len(used) == 1 else ""
    folds = dataset.split.folds
    aside = f" Each is checked in turn, in {folds} parts." if folds else aside
    channels = " in colour, taken as grey" if grey else ""
    if not grey and report.n_channels > 1:
        channels = f" with {report.n_channels} channels"
    learned = f"Learns: {things}." if labels else "Learns from the images alone."
    return f"{images}{channels}{part}. {learned}{aside}"


def method_line(config: TrainingConfig, card: ModelCard | None) -> str:
    """Recipe and network, and the model it starts from."""
    start = f", starting from “{card.name}”" if card is not None else ""
    return f"{RECIPES[config.recipe].title}, {NETWORKS[config.network].title}{start}"


def learning_line(config: TrainingConfig) -> str:
    """Steps and patches, how large the network sees the images, and what of it learns."""
    learn = config.optimisation
    patches = "1 patch" if learn.batch_size == 1 else f"{learn.batch_size} patches"
    if learn.minutes:
        line = f"As many steps as fit into {learn.minutes:g} minutes, {patches} of {shown_size(config.patch_size)} px"
        return line + RECIPES[config.recipe].learning_words(config.recipe_parameters)
    line = f"{learn.iterations:,} steps of {patches} of {shown_size(config.patch_size)} px"
    return line + RECIPES[config.recipe].learning_words(config.recipe_parameters) + _rounds(config)


def _rounds(config: TrainingConfig) -> str:
    """How often each image is seen, as older programs count in epochs."""
    seen = times_seen(config)
    times = f"{seen:,.0f}" if seen >= _WHOLE_TIMES else f"{seen:.1f}".removesuffix(".0")
    return f"; each image is seen about {times} times"


def time_line(estimate: Estimate, minutes: float = 0.0, made: int = 1) -> str:
    """How long it takes, and on what.

    Args:
        estimate: Of the training.
        minutes: That it shall take; 0 where steps are counted.
        made: Models that are trained; several in a cross-validation.
    """
    models = f" for {made} models" if made > 1 else ""
    steps = f" (about {rounded_steps(estimate.steps):,} steps here)" if minutes else ""
    return f"About {describe_seconds(estimate.seconds)}{models} on {_computed_by(estimate.device)}{steps}"


def in_turn_words(reason: str, estimate: Estimate, config: TrainingConfig) -> str:
    """What a cross-validation would bring, and what it costs.

    Args:
        reason: Why it is suggested.
        estimate: Of the training without it.
        config: The training with it.
    """
    both = " Each part is learned with frozen levels and without, and the better way is taken."
    tried = both if len(ways_in_turn(config)) > 1 else ""
    takes = describe_seconds(estimate.seconds * models_in_turn(config)).replace(" ", "\u00a0")  # on one line
    return f"{reason}{tried} It takes about {takes}."


def rounded_steps(steps: int) -> int:
    """To two digits: the time of a step changes by some percent from one run to the next."""
    unit = 10 ** max(0, len(str(steps)) - 2)
    return round(steps / unit) * unit


def memory_line(estimate: Estimate) -> str:
    """How much memory it takes, and where the images are."""
    size = f"{max(_LEAST_GB, estimate.images_gb):.1f} GB"
    images = f"{size} of it for the images" if estimate.in_memory else f"the images, {size}, are read from the disk"
    return f"About {max(_LEAST_GB, estimate.memory_gb):.1f} GB, {images}"


def memory_warning(estimate: Estimate, free_gb: float) -> str:
    """What to do if a training on the processor needs more memory than is free; empty if it fits.

    Args:
        estimate: Of the training.
        free_gb: Free main memory, GB.
    """
    if estimate.device != "cpu" or estimate.memory_gb <= free_gb:
        return ""
    return (
        f"It needs more memory than the {free_gb:.1f} GB that are free now. Choose a smaller patch or fewer patches "
        "per step, or close other programs."
    )


def _computed_by(device: str) -> str:
    """What computes, for a person."""
    if device == "cpu":
        return "the processor of this computer"
    return "the graphics card" if device.startswith("cuda") else device
