"""Several data sets in one training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role


@dataclass(frozen=True, slots=True)
class PairSource:
    """Pairs of one data set.

    Attributes:
        name: Shown before the names of its images; two of a name get a number.
        pairs: Images with their labels.
        weight: How often an image of it is drawn, compared with one of another data set that weighs 1.
        role: What all of them are used for; None: as the data set says, or as the split decides.
    """

    name: str
    pairs: tuple[PairConfig, ...]
    weight: float = 1.0
    role: Role | None = None


def combined(sources: Sequence[PairSource]) -> tuple[PairConfig, ...]:
    """The pairs of all data sets, named apart; those of a single one as they are."""
    if len(sources) == 1 and sources[0].role is None:
        return sources[0].pairs
    found: list[PairConfig] = []
    names: set[str] = set()
    for source in sources:
        name, number = source.name, 2
        while name in names:
            name, number = f"{source.name} {number}", number + 1
        names.add(name)
        found += [_of_source(pair, name, source) for pair in source.pairs]
    return tuple(found)


def _of_source(pair: PairConfig, name: str, source: PairSource) -> PairConfig:
    changes: dict[str, Any] = {"name": f"{name}/{pair.name}", "source": name, "weight": pair.weight * source.weight}
    if pair.group:
        changes["group"] = f"{name}/{pair.group}"
    if source.role is not None:
        changes["role"] = source.role
    return pair.model_copy(update=changes)
