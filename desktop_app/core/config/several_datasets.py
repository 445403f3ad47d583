"""Several data sets in one training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UserError
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project.model import Role


@dataclass(frozen=True, slots=True)
class PairSource:
    """Pairs of one data set.

    Attributes:
        name: Shown before the names of its images; two of a name get a number.
        pairs: Images with their labels.
        weight: How often an image of it is drawn, compared with one of another data set that weighs 1.
        role: What all of them are used for; None: as the data set says, or as the split decides.
        scheme: What its labels mean, where it says so; None where it does not, or they do not matter.
    """

    name: str
    pairs: tuple[PairConfig, ...]
    weight: float = 1.0
    role: Role | None = None
    scheme: LabelScheme | None = None


def combined(sources: Sequence[PairSource]) -> tuple[PairConfig, ...]:
    """The pairs of all data sets, named apart; those of a single one as they are.

    Raises:
        UserError: If the same numbers mean different things in two of them.
    """
    if len(sources) == 1 and sources[0].role is None:
        return sources[0].pairs
    named = _named_apart(sources)
    _require_same_meaning(named)
    return tuple(_of_source(pair, source.name, source) for source in named for pair in source.pairs)


def _named_apart(sources: Sequence[PairSource]) -> list[PairSource]:
    """The same data sets; two of a name get a number."""
    found: dict[str, PairSource] = {}
    for source in sources:
        name, number = source.name, 2
        while name in found:
            name, number = f"{source.name} {number}", number + 1
        found[name] = replace(source, name=name)
    return list(found.values())


def _of_source(pair: PairConfig, name: str, source: PairSource) -> PairConfig:
    changes: dict[str, Any] = {"name": f"{name}/{pair.name}", "source": name, "weight": pair.weight * source.weight}
    if pair.group:
        changes["group"] = f"{name}/{pair.group}"
    if source.role is not None:
        changes["role"] = source.role
    return pair.model_copy(update=changes)


def _require_same_meaning(sources: Sequence[PairSource]) -> None:
    """Refuse data sets whose labels mean different things: all are learned as the first ones are read."""
    told = [source for source in sources if source.scheme is not None]
    for other in told[1:]:
        difference = _difference(told[0], other)
        if difference:
            raise UserError(
                f"The labels of {told[0].name} and {other.name} do not mean the same: {difference}.",
                hint="Give both the same list of classes, or leave one of them out.",
            )


def _difference(one: PairSource, other: PairSource) -> str:
    """What the labels of two data sets mean otherwise, in words; empty where they agree."""
    ours, theirs = one.scheme or LabelScheme(), other.scheme or LabelScheme()
    if ours.kind != theirs.kind:
        return f"those of {one.name} are {ours.kind}, those of {other.name} {theirs.kind}"
    if ours.zero_is_background != theirs.zero_is_background:
        unknown = other.name if ours.zero_is_background else one.name
        return f"voxels without a label are unknown in {unknown}, and background in the other"
    if ours.kind == "objects":
        return ""
    values = {each.name.casefold(): each.value for each in theirs.classes}
    for each in ours.classes:
        same = theirs.by_value(each.value)
        if same is not None and same.name.casefold() != each.name.casefold():
            return f"class {each.value} is “{each.name}” in {one.name}, “{same.name}” in {other.name}"
        value = values.get(each.name.casefold(), each.value)
        if value != each.value:
            return f"“{each.name}” is class {each.value} in {one.name}, {value} in {other.name}"
    return ""
