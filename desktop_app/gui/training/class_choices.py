"""What the numbers in class labels stand for, and which are learned; no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.recipes.sparse_labels import SparseLabels

Use: TypeAlias = Literal["learn", "region", "background", "ignore"]
LEARNED: frozenset[Use] = frozenset({"learn", "region"})
UNLABELLED = 0  # value that means unknown where the project says so


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """What the user said about one number.

    Attributes:
        name: Of the class.
        use: Learn it, learn it as a region without objects, take it as background, or leave its places out of the
            learning (only for 0).
        weight: How much a voxel of it counts while learning.
    """

    name: str = ""
    use: Use = "learn"
    weight: float = 1.0


def choice_for(value: int, choices: Mapping[int, ClassChoice]) -> ClassChoice:
    """The user's choice, or the usual one: 0 is background, every other number is learned."""
    usual = ClassChoice("Unlabelled", "background") if value == UNLABELLED else ClassChoice(f"Class {value}")
    return choices.get(value, usual)


def dataset_for_values(values: Iterable[int], choices: Mapping[int, ClassChoice]) -> DatasetConfig:
    """A dataset of class labels without pairs.

    Args:
        values: Numbers found in the labels, without 0; none before the labels were looked at.
        choices: What the user said about some of them.
    """
    found = sorted(values)
    if not found:
        return DatasetConfig(kind="classes")
    learned = [value for value in found if choice_for(value, choices).use in LEARNED]
    others = [value for value in found if choice_for(value, choices).use == "background"]
    sparse = choice_for(UNLABELLED, choices).use == "ignore"
    weights = {value: choice_for(value, choices).weight for value in found if choice_for(value, choices).weight != 1}
    return DatasetConfig(
        kind="classes",
        class_values=tuple(learned),
        class_names=tuple(choice_for(value, choices).name.strip() or f"Class {value}" for value in learned),
        unlabelled=UNLABELLED if sparse else None,
        background=others[0] if sparse and others else None,
        weighted_values=tuple(weights),
        value_weights=tuple(weights.values()),
    )


def choices_of(sparse: SparseLabels) -> dict[int, ClassChoice]:
    """What is meant by labels of a few slices."""
    return {
        UNLABELLED: ClassChoice("Unlabelled", "ignore"),
        sparse.background: ClassChoice("Background", "background"),
        **{value: ClassChoice(name, "background") for value, name in sparse.others},
        **{value: ClassChoice(name) for value, name in sparse.objects},
    }


def region_names(dataset: DatasetConfig, choices: Mapping[int, ClassChoice], usual: Iterable[str] = ()) -> list[str]:
    """Names of the classes that are learned as regions.

    Args:
        dataset: The classes.
        choices: What the user said about some of them.
        usual: Names of those that are regions unless the user said otherwise.
    """
    if dataset.kind != "classes":
        return []
    regions = set(usual)
    named = zip(dataset.class_values, dataset.class_names, strict=False)
    return [n for v, n in named if (choices[v].use == "region" if v in choices else n in regions)]


def chosen_of(dataset: DatasetConfig, choices: Mapping[int, ClassChoice]) -> DatasetConfig:
    """A dataset of a project's classes without those that the user takes as background, with the weights of all."""
    if dataset.kind != "classes":
        return dataset
    weights = {value: choices[value].weight for value in dataset.class_values if value in choices}
    counted = {value: weight for value, weight in weights.items() if weight != 1}
    named = zip(dataset.class_values, dataset.class_names, strict=True)
    learned = [(value, name) for value, name in named if choice_for(value, choices).use in LEARNED]
    return dataset.model_copy(
        update={
            "class_values": tuple(v for v, _ in learned),
            "class_names": tuple(n for _, n in learned),
            "weighted_values": tuple(counted),
            "value_weights": tuple(counted.values()),
        }
    )
