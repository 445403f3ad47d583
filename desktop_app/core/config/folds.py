"""When checking with each part of the images in turn is worth its time."""

from __future__ import annotations

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.groups import groups_in
from desktop_app.core.config.training import TrainingConfig

_FEW = 10
"""Groups up to which the usual share for validation, 0.15, is one or two: the score hangs on which these are."""
_USUAL = 5
"""Parts that are usual: each model then learns from four fifths of the images."""


def why_not_in_turn(dataset: DatasetConfig) -> str:
    """Why images cannot be checked in turn, in a sentence; empty where they can.

    Args:
        dataset: Pairs with their groups and roles.
    """
    pairs = [pair for pair in dataset.pairs if pair.role != "unused"]
    if any(pair.role == "validation" for pair in pairs):
        return "Some images are set to be for validation, so that there is nothing to check with each part in turn."
    if all(pair.labels is None for pair in pairs):
        return "No image has labels to check with, in turn or otherwise."
    if _units(dataset) < 2:
        return "To check with each part in turn takes two images or groups that are free for it."
    return ""


def suggested_parts(dataset: DatasetConfig) -> int:
    """Into how many parts images of few groups are best dealt; 0 where keeping some aside does, or turns cannot be.

    Args:
        dataset: Pairs with their groups and roles.
    """
    pairs, split = [pair for pair in dataset.pairs if pair.role != "unused"], dataset.split
    bare = any(pair.labels is None for pair in pairs)
    if bare or split.folds or split.validation <= 0 or why_not_in_turn(dataset):
        return 0
    count = _units(dataset)
    return min(_USUAL, count) if count <= _FEW else 0


def why_in_turn(dataset: DatasetConfig) -> str:
    """Why checking in turn is suggested, in a sentence; empty where it is not."""
    if not suggested_parts(dataset):
        return ""
    pairs = dataset.pairs
    grouped = dataset.split.by == "group" and 1 < len(groups_in(pairs)) < len(pairs)
    what = "groups" if grouped else "images"
    return (
        f"With {_units(dataset)} {what}, the score depends on which of them is kept aside. A cross-validation keeps "
        "each aside once, and the model that you get learns from all."
    )


def ways_in_turn(config: TrainingConfig) -> tuple[TrainingConfig, ...]:
    """The trainings between which parts that are kept aside in turn decide: as it stands first, and usually alone."""
    rates = config.optimisation
    if not (config.dataset.split.folds and config.start_from and rates.frozen_stages and rates.frozen_tried):
        return (config,)
    free = rates.model_copy(update={"frozen_stages": 0})
    return config, config.model_copy(update={"optimisation": free})


def models_in_turn(config: TrainingConfig) -> int:
    """How many models a training makes: one for each part and way, and the one that is kept."""
    return config.dataset.split.folds * len(ways_in_turn(config)) + 1


def _units(dataset: DatasetConfig) -> int:
    """How many groups, or images where there are none or one only, may be kept aside."""
    used = [pair for pair in dataset.pairs if pair.role != "unused"]
    alone = dataset.split.by == "image" or len(groups_in(used)) < 2
    if alone:
        return sum(pair.role == "auto" for pair in used)
    groups = groups_in(used).values()
    return sum(all(used[place].role == "auto" for place in places) for places in groups)
