"""How far scores on images kept aside can be trusted: between what they lie, and what they say nothing about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Range: TypeAlias = tuple[float, float]
"""Lowest and highest value that a score has nine times of ten, when other images are drawn."""

RANGES = "score_ranges"
"""Where the training manifest of a model keeps the ranges of its scores."""


PARTS = "checked_in_parts"
"""Where it keeps in how many parts the images were, of which each was kept aside once."""


DECIDED = "decided_in_turn"
"""Where it keeps what these parts decided, in a sentence."""


@dataclass(frozen=True, slots=True)
class ScoreTrust:
    """What is known of scores beside their values.

    Attributes:
        ranges: Of each score by name, where there are images enough to tell.
        images: Images with labels that were kept aside.
        specimens: The groups that these are of, by name; an image without a group is one by itself.
        known_specimens: Those of them that were learned from, too.
        unseen: Classes that none of these images has; their scores count as nothing.
        parts: In how many parts the images were, of which each was kept aside once; 0 if one part was.
        decided: What they decided between two ways of learning, in a sentence; nothing where there was one way.
    """

    ranges: Mapping[str, Range] = field(default_factory=dict)
    images: int = 0
    specimens: tuple[str, ...] = ()
    known_specimens: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    parts: int = 0
    decided: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the user should know before relying on the scores; nothing where they promise what will come."""
        said = [sentence for sentence in (how_scored(self.parts), self.decided) if sentence]
        if self.unseen:
            one = len(self.unseen) == 1
            said.append(
                f"{' and '.join(self.unseen)} {'is' if one else 'are'} in none of the images kept aside, so nothing is "
                f"known of how well {'it is' if one else 'they are'} found."
            )
        if self.known_specimens:
            said.append(
                "The images kept aside are of specimens that it also learned from: on others it will do less well than "
                "these scores say. Label another specimen to know."
            )
        elif self.images == 1:
            said.append("A single image was kept aside: how much scores differ from image to image is not known.")
        elif len(self.specimens) == 1:
            said.append(
                f"All {self.images} images kept aside are of one specimen, {self.specimens[0]}: how much scores differ "
                "from specimen to specimen is not known."
            )
        return tuple(said)


def how_scored(parts: int) -> str:
    """Where scores come from that are those of so many parts; nothing where a part was kept aside as usual."""
    if not parts:
        return ""
    return (
        f"These are scores of a cross-validation: {parts} models each left out a part of the images and were scored on "
        "it. This model has learned from all of them."
    )


def parts_of(manifest: Mapping[str, Any]) -> int:
    """In how many parts the images of a model were checked, by its training manifest; 0 where in none."""
    kept = manifest.get(PARTS)
    return kept if isinstance(kept, int) and not isinstance(kept, bool) and kept > 1 else 0


def trust_of(manifest: Mapping[str, Any]) -> ScoreTrust:
    """What the training manifest of a model still tells of its scores: ranges, parts, and what these decided."""
    decided = manifest.get(DECIDED)
    said = decided if isinstance(decided, str) else ""
    return ScoreTrust(ranges_of(manifest), parts=parts_of(manifest), decided=said)


def with_range(value: float, found: Range | None) -> str:
    """A score between 0 and 1 in per cent, with its range where there is one."""
    if found is None:
        return f"{value:.0%}"
    low, high = found
    return f"{value:.0%} ({100 * low:.0f} to {high:.0%})"


def number_with_range(value: float, found: Range | None) -> str:
    """A score between 0 and 1 as a number, with its range where there is one."""
    return f"{value:.3f}" if found is None else f"{value:.3f} ({found[0]:.3f} to {found[1]:.3f})"


def ranges_of(manifest: Mapping[str, Any]) -> dict[str, Range]:
    """The ranges in the training manifest of a model, which may come from anywhere; what is none is left out."""
    kept = manifest.get(RANGES)
    found: dict[str, Range] = {}
    for name, ends in kept.items() if isinstance(kept, Mapping) else ():
        numbers = list(ends) if isinstance(ends, list | tuple) else []
        if len(numbers) == 2 and all(isinstance(end, int | float) and 0 <= end <= 1 for end in numbers):
            found[str(name)] = (float(numbers[0]), float(numbers[1]))
    return found
