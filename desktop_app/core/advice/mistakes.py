"""Kinds of mistakes of a model, how often each was made, and what that is in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Mistake(StrEnum):
    """What became of an object, or of a part of a region, that is not as it should be."""

    MERGED = "merged"
    SPLIT = "split"
    MISSED = "missed"
    SMALL_MISSED = "small_missed"
    INVENTED = "invented"
    SMALL_INVENTED = "small_invented"
    OUTLINE = "outline"
    CONFUSED = "confused"


TITLES: dict[Mistake, str] = {
    Mistake.MERGED: "Touching objects became one",
    Mistake.SPLIT: "One object became several",
    Mistake.MISSED: "Missed",
    Mistake.SMALL_MISSED: "Small ones missed",
    Mistake.INVENTED: "Found where there is nothing",
    Mistake.SMALL_INVENTED: "Specks found where there is nothing",
    Mistake.OUTLINE: "Found, but with a poor outline",
    Mistake.CONFUSED: "Taken for another class",
}
"""Above a picture of one."""

_OF_OBJECTS: dict[Mistake, str] = {
    Mistake.MERGED: "became one with a neighbour",
    Mistake.SPLIT: "were cut into pieces",
    Mistake.MISSED: "were missed",
    Mistake.SMALL_MISSED: "were missed because they are small",
    Mistake.OUTLINE: "were found, but with a poor outline",
    Mistake.CONFUSED: "were taken for another class",
}
_INVENTED = {
    Mistake.INVENTED: ("thing was found that is", "things were found that are"),
    Mistake.SMALL_INVENTED: ("speck was found that is", "specks were found that are"),
}
_OF_REGIONS: dict[Mistake, str] = {
    Mistake.MISSED: "was missed",
    Mistake.INVENTED: "was found where nothing is labelled",
    Mistake.OUTLINE: "lies wrong along the borders",
    Mistake.CONFUSED: "was taken for another class",
}
_TOLD = 0.02
"""Share from which a mistake is told: rarer ones come and go by chance."""
_DECIDES = 0.05
"""Share from which a mistake decides on what to do next."""
_OUTLINE_COUNTS = 0.5
"""How much an object with a poor outline counts, as it was found after all."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Mistakes on the images that were kept aside.

    Attributes:
        counts: How many objects each kind of mistake concerns; of regions voxels.
        true: Objects in the labels; of regions voxels that are labelled or found.
        of_objects: Whether objects were counted; else voxels.
        extent: Median width of the objects in a slice, in pixels; 0 where there are none.
    """

    counts: Mapping[Mistake, int]
    true: int
    of_objects: bool
    extent: float = 0.0

    @property
    def shares(self) -> dict[Mistake, float]:
        """Each mistake over all objects (or voxels), the commonest first."""
        known = [(mistake, count / max(1, self.true)) for mistake, count in self.counts.items() if count]
        return dict(sorted(known, key=lambda pair: pair[1] * _weight(pair[0]), reverse=True))

    @property
    def gravest(self) -> Mistake | None:
        """The mistake that spoils most; None where none is common."""
        for mistake, share in self.shares.items():
            return mistake if share * _weight(mistake) >= _DECIDES else None
        return None

    def weight_of(self, mistake: Mistake) -> float:
        """Share of the objects (or voxels) that a mistake spoils, 0 to 1."""
        return min(1.0, self.shares.get(mistake, 0.0) * _weight(mistake))

    @property
    def weighted_share(self) -> float:
        """Share of the objects (or voxels) that all mistakes together spoil, 0 to 1."""
        return min(1.0, sum(share * _weight(mistake) for mistake, share in self.shares.items()))

    def sentences(self) -> tuple[str, ...]:
        """What went wrong, the gravest first; a sentence each."""
        return tuple(self._sentence(mistake) for mistake, share in self.shares.items() if share >= _TOLD)

    def _sentence(self, mistake: Mistake) -> str:
        count = self.counts[mistake]
        if not self.of_objects:
            return f"{count / max(1, self.true):.0%} of the area {_OF_REGIONS[mistake]}."
        if mistake in _INVENTED:
            one, many = _INVENTED[mistake]
            return f"{count:,} {one if count == 1 else many} not in the labels, beside {_objects(self.true)} that are."
        happened = _OF_OBJECTS[mistake]
        if self.true == 1:
            return f"The only object {happened.replace('were ', 'was ').replace('they are', 'it is')}."
        if count == 1:
            happened = happened.replace("were ", "was ").replace("they are", "it is")
        return f"{count:,} of {_objects(self.true)} {happened}."


def _weight(mistake: Mistake) -> float:
    return _OUTLINE_COUNTS if mistake is Mistake.OUTLINE else 1.0


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count:,} objects"
