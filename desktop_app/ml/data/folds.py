"""Cross-validation: which images are kept aside together; each part once, whole groups in one part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from desktop_app.core.config.class_draw import deal_for_classes, held_classes
from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.folds import why_not_in_turn
from desktop_app.core.errors import UserError
from desktop_app.core.project.model import Role
from desktop_app.io.atomic import write_json
from desktop_app.io.json_files import read_json
from desktop_app.ml.data.split import split_by_image, units_of

_ALWAYS, _TEST, _UNUSED = 0, -1, -2
"""In place of the number of a part: see ``Folds.part_of``."""
_HINT = "Let images be chosen automatically, label another one, or do not check with each part in turn."


@dataclass(frozen=True, slots=True)
class Folds:
    """The part of each image.

    Attributes:
        part_of: Of each pair the number of the part in which it is kept aside, from 1; 0 where it is always learned
            from, -1 for the final test, -2 where it is not used.
    """

    part_of: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many parts there are."""
        return max(self.part_of, default=0)

    def kept_aside(self, dataset: DatasetConfig, part: int) -> DatasetConfig:
        """The data set of the model that is checked with a part: it learns from all others, test images left out."""
        return dataset.dealt([_role(number, part) for number in self.part_of])

    def whole(self, dataset: DatasetConfig) -> DatasetConfig:
        """The data set of the model that is kept: it learns from all parts; test images stay what they are."""
        return dataset.dealt(["test" if number == _TEST else _role(number, None) for number in self.part_of])

    def save(self, path: Path) -> None:
        """Write it down, so that a run that goes on keeps to it.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        write_json(path, {"part_of": list(self.part_of)})


def folds_of(dataset: DatasetConfig) -> Folds:
    """Deal the images into as many parts as wanted, or as there are groups: equally many in each, as far as can be.

    Images that the user set to be for training are always learned from.

    Raises:
        UserError: If there are fewer than two groups, or some images are set to be for validation.
    """
    pairs, split = dataset.pairs, dataset.split
    problem = why_not_in_turn(dataset)
    if problem:
        raise UserError(problem, hint=_HINT)
    parts = split_by_image(pairs, split, classes=dataset.class_values)
    numbers = {"train": _ALWAYS, "validation": _ALWAYS, "test": _TEST, "unused": _UNUSED}
    part_of = [numbers[part] for part in parts]
    all_units = units_of(pairs, split)
    units = [places for places in all_units.values() if _free(pairs, parts, places)]
    if len(units) < 2:
        raise UserError("The final test leaves less than two images or groups to check with in turn.", hint=_HINT)
    for number, unit in enumerate(_dealt(units, split), start=1):
        for place in unit:
            part_of[place] = number
    held = held_classes(pairs, all_units, dataset.class_values) if split.every_class else None
    if held is not None:
        deal_for_classes(part_of, all_units, held)
    return Folds(tuple(part_of))


def load_folds(path: Path, pairs: Sequence[PairConfig]) -> Folds | None:
    """The parts of a run; None where none were kept, or they belong to other pairs."""
    try:
        found = Folds(tuple(int(number) for number in read_json(path)["part_of"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return found if len(found.part_of) == len(pairs) and found.count > 1 else None


def _free(pairs: Sequence[PairConfig], parts: Sequence[str], places: Sequence[int]) -> bool:
    """Whether nothing was said of any image of a group, and it is not kept for the final test."""
    return all(pairs[place].role == "auto" and parts[place] == "train" for place in places)


def _dealt(units: Sequence[list[int]], split: DatasetSplitParameters) -> list[list[int]]:
    """The places of the pairs of each part: large groups first, each to the part that has the fewest images so far."""
    shuffled = [units[i] for i in np.random.default_rng(split.seed).permutation(len(units))]
    dealt: list[list[int]] = [[] for _ in range(min(split.folds, len(units)))]
    for unit in sorted(shuffled, key=len, reverse=True):
        min(dealt, key=len).extend(unit)
    return dealt


def _role(number: int, part: int | None) -> Role:
    if number < _ALWAYS:
        return "unused"
    return "validation" if number == part else "train"
