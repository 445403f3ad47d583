"""The specimen that images belong to, told from their names alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath

_REPEATED = (
    "t", "tp", "time", "timepoint", "frame", "fr", "z", "slice", "sl", "section", "sec", "plane", "f", "fov", "field",
    "s", "site", "tile", "crop", "patch", "roi", "pos", "position", "part", "chunk", "y", "x", "xy", "day", "d", "view",
    "series", "scene", "img", "image", "im", "scan", "stack", "vol", "volume", "region", "area", "cut", "ses",
    "session", "visit", "week", "hour", "h", "min", "step", "rep", "replicate", "run", "cell",
)  # fmt: skip
"""Words before the number of a time point, slice, field of view or piece, of which one specimen has several."""
_OF_ONE = ("t", "tp", "time", "timepoint", "frame", "fr", "z", "slice", "sl", "section", "sec", "plane")
"""Of these the words that count within one movie or volume, and hardly ever specimens."""
_WITHIN = ("p", "w", "ch", "sk", "fk", "fl")
"""The same where they follow a digit at once, as plate readers write: ``r01c02f03p01-ch1sk1fk1fl1``."""
_UNITS = ("h", "hr", "hrs", "hpf", "dpf", "min", "s", "d", "days", "wk")
"""Words behind the number of a time point."""
_SIDES = ("left", "right", "l", "r")
_SPECIMENS = (
    "sub", "subj", "subject", "patient", "pat", "participant", "donor", "individual", "animal", "mouse", "rat", "fish",
    "zebrafish", "larva", "embryo", "emb", "fly", "worm", "chick", "frog", "rabbit", "pig", "monkey", "human", "plant",
    "seedling", "leaf", "root", "ovule", "brain", "heart", "tumor", "tumour", "biopsy", "tissue", "organoid",
    "spheroid", "gastruloid", "explant", "specimen", "sample", "dish", "well", "movie", "video", "timelapse", "stack",
    "volume", "vol",
)  # fmt: skip
"""Words before the number or letter of what is a specimen by itself."""
_NAMELESS = "all images"
_PLATES_ENOUGH = 3  # of two plates one would be half of all images; then their wells are the groups


def _any(words: Sequence[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_GAP = r"[\s._-]+"
_COUNTED = rf"(?:{_any(_REPEATED)})[\s._=-]?\d+(?:-\d+)?"
_END = re.compile(
    rf"(?:(?:{_GAP}|(?<=\d)){_COUNTED}|(?<=\d){_GAP[:-1]}?(?:{_any(_WITHIN)})\d+|{_GAP}\d+(?:{_any(_UNITS)})"
    rf"|(?<=\d){_GAP}(?:{_any(_SIDES)})|\s*\(\d+\))$",
    re.IGNORECASE,
)
_FRONT = re.compile(rf"^(?:{_COUNTED}|\d+){_GAP}", re.IGNORECASE)
_PIECE = re.compile(rf"{_COUNTED}|\d+", re.IGNORECASE)
_NUMBER = re.compile(rf"(?:{_GAP}\d+|(?<=\d)[a-h])$", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d[\s._-]?\d\d[\s._-]?\d\d$")
_ID = rf"(?:\d+|(?!(?:{_any(_REPEATED)})\d)[a-z]{{1,3}}\d+|[a-z](?![a-z0-9]))"
_SPECIMEN = re.compile(
    rf"(?<![a-z])(?:(?:{_any(_SPECIMENS)})[\s._-]?{_ID}|sub-[a-z0-9]+|TCGA-\w\w-\w{{4}})", re.IGNORECASE
)
"""Also as BIDS (``sub-control01``) and The Cancer Genome Atlas (``TCGA-18-5592-01Z``) write them."""
_PLACE = re.compile(rf"(?:^|{_GAP}|(?<=\d))(?:{_any(_OF_ONE)})[\s._=-]?\d+(?:-\d+)?$", re.IGNORECASE)
_PLATE = re.compile(rf"(?<![a-z])plate[\s._-]?{_ID}", re.IGNORECASE)


def specimens_of(names: Sequence[str]) -> Mapping[str, str]:
    """The specimen that each image belongs to by its name; an image by itself has its own name.

    Of the ways to read names, the first is taken that makes more than one group and fewer than there are names: a
    plate; a word for a specimen with its number or letter; what is left when counted time points, slices and fields are
    cut off the end; what is left without a last number, where another number stands before it.

    Args:
        names: Of images, which may begin with folders: what lies in different ones stays apart.
    """
    distinct = list(dict.fromkeys(names))
    stems = dict(zip(distinct, _without_shared_end([PurePath(name).name for name in distinct]), strict=True))
    for least, rule in _rules(list(stems.values())):
        told = {name: rule(stem) for name, stem in stems.items()}
        found = {name: _within(name, group) for name, group in told.items()}
        if max(1, least - 1) < len(set(found.values())) < len(found):
            return found
    return {name: name for name in distinct}


def only_specimen(names: Sequence[str]) -> str:
    """The specimen where all images are time points or slices of one movie or volume by their names; "" otherwise.

    Args:
        names: Of images, as ``specimens_of`` takes them.
    """
    distinct = list(dict.fromkeys(names))
    stems = _without_shared_end([PurePath(name).name for name in distinct])
    cut = [_PLACE.sub("", stem) for stem in stems]
    parents = {PurePath(name).parent for name in distinct}
    whole = any(short == stem for short, stem in zip(cut, stems, strict=True))
    if len(distinct) < 2 or len(set(cut)) > 1 or len(parents) > 1 or whole:
        return ""
    return cut[0] or parents.pop().name or _NAMELESS


def _rules(stems: Sequence[str]) -> Iterator[tuple[int, Callable[[str], str]]]:
    """The ways to read names, coarse ones first, each with the groups that it makes at least."""
    yield _PLATES_ENOUGH, lambda stem: _up_to(_PLATE, stem)
    yield 2, lambda stem: _up_to(_SPECIMEN, stem)
    for most in range(max((len(_cuts(stem)) for stem in stems), default=1) - 1, 0, -1):
        yield 2, lambda stem, most=most: _cuts(stem)[: most + 1][-1]  # type: ignore[misc]
    yield 2, _without_number


def _up_to(word: re.Pattern[str], stem: str) -> str:
    """A name up to the end of a word, without what counts pieces before it; without the word, cut as usual."""
    found = word.search(stem)
    if found is None:
        return _cuts(stem)[-1]
    before = stem[: found.start()]
    while (shorter := _FRONT.sub("", before)) != before:
        before = shorter
    return before + found.group()


def _cuts(stem: str) -> list[str]:
    """A name, and what is left of it as what counts time points, slices, fields or pieces is cut off, one by one."""
    found = [stem]
    while (shorter := _END.sub("", found[-1])) != found[-1] and shorter:
        found.append(shorter)
    return found


def _without_number(stem: str) -> str:
    shorter = _NUMBER.sub("", stem)
    numbered = any(letter.isdigit() for letter in shorter)
    return shorter if numbered and not _DATE.search(stem) else stem


def _without_shared_end(stems: Sequence[str]) -> list[str]:
    """Names without the words that all end with, such as a channel or a stain."""
    if len(stems) < 2:
        return list(stems)
    parts = [re.split(rf"({_GAP})", stem) for stem in stems]
    shared = 0
    while all(len(part) > shared + 2 for part in parts) and len({tuple(p[-shared - 2 :]) for p in parts}) == 1:
        shared += 2  # a word, and the gap before it
    return ["".join(part[: len(part) - shared]) for part in parts]


def _within(name: str, group: str) -> str:
    """A group in its folder; the folder itself where the name does nothing but count."""
    parent = PurePath(name).parent
    if str(parent) == ".":
        return group
    return parent.as_posix() if _PIECE.fullmatch(group) else f"{parent.as_posix()}/{group}"
