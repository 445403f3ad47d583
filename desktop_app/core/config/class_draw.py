"""Which images change places so that every class is learned, and checked: what the seed drew, and as few swaps as do.

A class that is in few images may be drawn into the validation alone, so that nothing learns it, or into the training
alone, so that nothing is known of how well it is found. Where the seed's draw has every class on both sides, as far as
can be, it stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeAlias

from desktop_app.core.config.dataset import PairConfig

_OTHER_SHARE = 0.5
"""Of the wished number of images: by so much a part may differ from it after a swap, as where whole groups are drawn
(half as many again)."""
_MOST_NAMED = 5  # images in one sentence

SplitPart: TypeAlias = Literal["train", "validation", "test", "unused"]
Held: TypeAlias = Mapping[str, frozenset[int]]
"""The classes of each unit (an image, or a whole group) by its name."""


@dataclass(frozen=True, slots=True)
class ClassDraw:
    """What was changed of a draw.

    Attributes:
        scored: The classes that can be scored now, by the unit that is checked with for them.
        learned: The classes that can be learned now, by the unit that is learned from for them.
    """

    scored: Mapping[str, tuple[int, ...]]
    learned: Mapping[str, tuple[int, ...]]

    @property
    def nothing(self) -> bool:
        """Whether the draw stayed as the seed made it."""
        return not self.scored and not self.learned


AS_DRAWN = ClassDraw({}, {})


def held_classes(
    pairs: Sequence[PairConfig], units: Mapping[str, Sequence[int]], wanted: Iterable[int]
) -> dict[str, frozenset[int]] | None:
    """The classes of each unit; None where nobody has looked at the labels of some image.

    Args:
        pairs: Images with labels.
        units: Places of the pairs that stay together, by name.
        wanted: The classes that are learned.
    """
    if any(pairs[place].classes is None for places in units.values() for place in places):
        return None
    learned = frozenset(wanted)
    return {
        name: learned.intersection(*[{v for place in places for v in pairs[place].classes or ()}])
        for name, places in units.items()
    }


def draw_for_classes(
    parts: list[SplitPart],
    units: Mapping[str, Sequence[int]],
    held: Held,
    order: Sequence[str],
    wished: Mapping[SplitPart, int],
) -> ClassDraw:
    """Swap units until no swap brings a class that lacks into the training or, then, into the validation.

    Args:
        parts: Of each pair; changed in place.
        units: Places of the pairs that stay together, by name.
        held: The classes of each unit.
        order: The units whose part the seed decides, as it put them in order; of swaps that do as well, the first in
            this order and of units of the same size is made.
        wished: Images that each part should have.
    """
    sides, drawn = _Sides.of(parts, units, held), list(parts)
    lacked = sides.lacking()
    while any(sides.lacking()):
        found = [
            (key, abs(len(units[learned]) - len(units[aside])), place, aside, learned)
            for place, (aside, learned) in enumerate(_swaps(parts, units, held, order, sides))
            if (key := sides.after(aside, learned, parts[units[aside][0]])) < sides.key
            and _fits(parts, wished, parts[units[aside][0]], len(units[learned]) - len(units[aside]))
        ]
        if not found:
            break
        *_, aside, learned = min(found)
        part = parts[units[aside][0]]
        for place in units[aside]:
            parts[place] = "train"
        for place in units[learned]:
            parts[place] = part
        sides = _Sides.of(parts, units, held)
    train, validation = (old - new for old, new in zip(lacked, sides.lacking(), strict=True))
    moved = [name for name in order if any(parts[place] != drawn[place] for place in units[name])]
    return ClassDraw(
        _units_for(validation, [name for name in moved if parts[units[name][0]] == "validation"], held),
        _units_for(train, [name for name in moved if parts[units[name][0]] == "train"], held),
    )


def deal_for_classes(part_of: list[int], units: Mapping[str, Sequence[int]], held: Held) -> None:
    """Swap units between the parts of a cross-validation until no class of several units lies in one part alone.

    The model that leaves that part out would not learn the class.

    Args:
        part_of: Of each pair the number of its part, from 1; 0 where it is learned from in all, less where in none.
            Changed in place.
        units: Places of the pairs that stay together, by name; of swaps that do as well, the first in this order and of
            units of the same size is made.
        held: The classes of each unit.
    """
    dealt = [name for name, places in units.items() if part_of[places[0]] > 0]
    while alone := _in_one_part(counts := _counts_of_parts(part_of, units, held)):
        sizes = Counter(number for number in part_of if number > 0)
        most = max(max(sizes.values()) - min(sizes.values()), *(len(units[name]) for name in dealt))
        found = []
        for place, (one, other) in enumerate(product([name for name in dealt if held[name] & alone], dealt)):
            here, there, change = part_of[units[one][0]], part_of[units[other][0]], len(units[other]) - len(units[one])
            if here == there or held[other] >= held[one] & alone:
                continue
            after = {**sizes, here: sizes[here] + change, there: sizes[there] - change} if change else sizes
            moves = dict.fromkeys(held[one] - held[other], (here, there))
            moves |= dict.fromkeys(held[other] - held[one], (there, here))
            left = len(alone) + sum(_is_in_one_part(counts[value], move) for value, move in moves.items())
            left -= len(alone & moves.keys())
            if left < len(alone) and max(after.values()) - min(after.values()) <= most:
                found.append((left, abs(change), place, one, other))
        if not found:
            break
        *_, one, other = min(found)
        here, there = part_of[units[one][0]], part_of[units[other][0]]
        for name, number in ((one, there), (other, here)):
            for place in units[name]:
                part_of[place] = number


def _counts_of_parts(part_of: Sequence[int], units: Mapping[str, Sequence[int]], held: Held) -> dict[int, Counter[int]]:
    """Of each class in how many units of each part it is; those that no part has are left out."""
    counts: dict[int, Counter[int]] = {}
    for name, places in units.items():
        for value in held[name] if part_of[places[0]] >= 0 else ():
            counts.setdefault(value, Counter())[part_of[places[0]]] += 1
    return counts


def _in_one_part(counts: Mapping[int, Counter[int]]) -> frozenset[int]:
    """The classes of several units that all lie in one part."""
    return frozenset(value for value, of in counts.items() if _is_in_one_part(of))


def _is_in_one_part(counts: Counter[int], move: tuple[int, int] | None = None) -> bool:
    """Whether several units of a class all lie in one part, also after one of them has gone from a part to another."""
    if move is not None:
        counts = counts - Counter((move[0],)) + Counter((move[1],))
    (first, count), *others = counts.items()
    return not others and first > 0 and count > 1


def draw_in_words(
    draw: ClassDraw, pairs: Sequence[PairConfig], units: Mapping[str, Sequence[int]], names: Mapping[int, str]
) -> str:
    """What was changed of a draw, in a sentence; empty where nothing was.

    Args:
        draw: The changes.
        pairs: The images.
        units: Places of those that stay together, by name.
        names: Of the classes.
    """
    said = []
    if draw.scored:
        verb, what = "is" if len(draw.scored) == 1 else "are", _classes(draw.scored, names)
        said.append(f"{_named(draw.scored, pairs, units)} {verb} kept aside, so that {what} can be scored")
    if draw.learned:
        verb, what = "is" if len(draw.learned) == 1 else "are", _classes(draw.learned, names)
        said.append(f"{_named(draw.learned, pairs, units)} {verb} learned from, so that {what} can be found")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""


@dataclass(frozen=True, slots=True)
class _Sides:
    """How many units of each class there are, and are learned from and checked with."""

    held: Held
    all: Counter[int]
    train: Counter[int]
    validation: Counter[int]
    checked: bool

    @classmethod
    def of(cls, parts: Sequence[SplitPart], units: Mapping[str, Sequence[int]], held: Held) -> _Sides:
        counts = {part: Counter[int]() for part in ("train", "validation", "test", "unused")}
        for name, places in units.items():
            for part in {parts[place] for place in places}:
                counts[part].update(held[name])
        in_all = Counter(value for name in units for value in held[name])
        return cls(held, in_all, counts["train"], counts["validation"], "validation" in parts)

    def lacking(self) -> tuple[frozenset[int], frozenset[int]]:
        """Classes that no image has that is learned from; and none that is checked with, where several have them."""
        checked = [value for value, count in self.all.items() if count > 1] if self.checked else []
        return (
            frozenset(value for value in self.all if not self.train[value]),
            frozenset(value for value in checked if not self.validation[value]),
        )

    @property
    def key(self) -> tuple[int, int]:
        """How many classes lack; what is not learned at all comes first."""
        train, validation = self.lacking()
        return len(train), len(validation)

    def after(self, aside: str, learned: str, part: SplitPart) -> tuple[int, int]:
        """The same once a unit of a part that is kept aside, and one that is learned from, have changed places."""
        train, validation = self.key
        came, went = self.held[aside] - self.held[learned], self.held[learned] - self.held[aside]
        train += sum(self.train[value] == 1 for value in went) - sum(not self.train[value] for value in came)
        if part == "validation":
            lost = sum(self.validation[value] == 1 and self.all[value] > 1 for value in came)
            validation += lost - sum(not self.validation[value] and self.all[value] > 1 for value in went)
        return train, validation


def _swaps(
    parts: Sequence[SplitPart], units: Mapping[str, Sequence[int]], held: Held, order: Sequence[str], sides: _Sides
) -> Iterator[tuple[str, str]]:
    """Units kept aside and learned from of which one has a class that lacks on the other side."""
    learning = [name for name in order if parts[units[name][0]] == "train"]
    train, validation = sides.lacking()
    for aside in order:
        part = parts[units[aside][0]]
        if part not in ("validation", "test"):
            continue
        lacks = bool(held[aside] & train)
        for learned in learning:
            if lacks or (part == "validation" and held[learned] & validation):
                yield aside, learned


def _fits(parts: Sequence[SplitPart], wished: Mapping[SplitPart, int], part: SplitPart, change: int) -> bool:
    """Whether a part has about as many images as wished after a swap, or no more beside it than before."""
    count, wanted = parts.count(part), wished.get(part, 0)
    return abs(count + change - wanted) <= max(abs(count - wanted), _OTHER_SHARE * wanted)


def _units_for(classes: Iterable[int], moved: Sequence[str], held: Held) -> dict[str, tuple[int, ...]]:
    """Of each class the first unit that was moved for it."""
    found: dict[str, tuple[int, ...]] = {}
    for value in sorted(classes):
        name = next(name for name in moved if value in held[name])
        found[name] = (*found.get(name, ()), value)
    return found


def _named(names: Iterable[str], pairs: Sequence[PairConfig], units: Mapping[str, Sequence[int]]) -> str:
    """``image a``, ``images a, b and 3 more``, ``groups a and b``."""
    places = [units[name] for name in names]
    group = all(len(of) > 1 for of in places)
    shown = [pairs[of[0]].group if len(of) > 1 else pairs[of[0]].name for of in places]
    return f"{'group' if group else 'image'}{'s' if len(places) > 1 else ''} {_listed(shown)}"


def _classes(found: Mapping[str, Sequence[int]], names: Mapping[int, str]) -> str:
    values = sorted({value for some in found.values() for value in some})
    named = [names.get(value, str(value)).removeprefix("Class ") for value in values]  # as one without a name is called
    return f"{'class' if len(values) == 1 else 'classes'} {_listed(named)}"


def _listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b, c, d, e and 3 more``."""
    shown = [*names[:_MOST_NAMED], *([f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else [])]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
