"""Which label file belongs to which image, by name."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.io.images.registry import image_stem
from desktop_app.io.natural_order import by_name, natural_key

LABEL_WORDS = (
    "labels", "label", "lbl", "masks", "mask", "msk", "seg", "segmentation", "gt", "truth", "annotation", "instances",
)  # fmt: skip
IMAGE_WORDS = ("image", "images", "img", "im", "raw", "data", "vol", "volume")
_SPLIT = re.compile(r"[\s._-]+")
_NUMBERS = re.compile(r"\d+|\D+")
_CELLPOSE = re.compile(r"[\s._-]cp(?=[\s._-]masks?\b)")  # NAME_cp_masks.tif belongs to NAME.tif


@dataclass(frozen=True, slots=True)
class PairingResult:
    """Images and label files of two folders.

    Attributes:
        pairs: (image, labels) with matching names.
        unmatched_images: Images without labels, in counting order.
        unmatched_labels: Label files without an image, in counting order.
        by_order_possible: Whether as many images as label files are left, so that they could be matched in order, if
            the user agrees.
    """

    pairs: tuple[tuple[Path, Path], ...]
    unmatched_images: tuple[Path, ...]
    unmatched_labels: tuple[Path, ...]

    @property
    def by_order_possible(self) -> bool:
        """See above."""
        return 0 < len(self.unmatched_images) == len(self.unmatched_labels)

    def paired_by_order(self) -> PairingResult:
        """The same with the rest matched in counting order."""
        if not self.by_order_possible:
            return self
        return PairingResult((*self.pairs, *zip(self.unmatched_images, self.unmatched_labels, strict=True)), (), ())


def match(images: Iterable[Path], labels: Iterable[Path]) -> PairingResult:
    """Pair by equal names; then by names that are equal without words such as “image” and “labels”; then by numbers.

    Capitals, the way in which an accent is stored, and in the end zeros before a number make no difference. A name that
    fits several files is not matched.
    """
    left, right = by_name(images), by_name(labels)
    pairs: list[tuple[Path, Path]] = []
    for key in (_exact, _without_words, _without_zeros):
        found = _unique(left, right, key)
        pairs += found
        taken = {p for pair in found for p in pair}
        left, right = [p for p in left if p not in taken], [p for p in right if p not in taken]
    pairs.sort(key=lambda pair: natural_key(pair[0].name))
    return PairingResult(tuple(pairs), tuple(left), tuple(right))


def names_labels(path: Path) -> bool:
    """Whether a file name has a word for labels in it (``cell_mask.tif``)."""
    return any(word in LABEL_WORDS for word in _words(path))


def without_words(path: Path) -> str:
    """The name of an image or label file without ending and without words for image or labels."""
    return _without_words(path)


def free_names(names: Sequence[str]) -> list[str]:
    """File names for pairs, no two alike on any system: ``day/1`` is ``day_1``, and ``day_1_2`` where there is one.

    Systems differ in whether capitals and the ways to write an accent make a difference.
    """
    taken: set[str] = set()
    free = []
    for name in names:
        plain = name.replace("/", "_").replace("\\", "_")
        candidates = itertools.chain([plain], (f"{plain}_{number}" for number in itertools.count(2)))
        chosen = next(c for c in candidates if unicodedata.normalize("NFC", c).casefold() not in taken)
        taken.add(unicodedata.normalize("NFC", chosen).casefold())
        free.append(chosen)
    return free


def _unique(left: list[Path], right: list[Path], key: Callable[[Path], str]) -> list[tuple[Path, Path]]:
    groups: dict[str, tuple[list[Path], list[Path]]] = defaultdict(lambda: ([], []))
    for path in left:
        groups[key(path)][0].append(path)
    for path in right:
        groups[key(path)][1].append(path)
    return [(a[0], b[0]) for a, b in groups.values() if len(a) == len(b) == 1]


def _exact(path: Path) -> str:
    return unicodedata.normalize("NFC", image_stem(path).casefold())


def _without_words(path: Path) -> str:
    return " ".join(w for w in _words(path) if w not in LABEL_WORDS and w not in IMAGE_WORDS)


def _without_zeros(path: Path) -> str:
    """As ``_without_words``, with letters and numbers apart: ``img1`` and ``mask_001`` are alike."""
    parts = [part for word in _words(path) for part in _NUMBERS.findall(word)]
    kept = [part for part in parts if part not in LABEL_WORDS and part not in IMAGE_WORDS]
    return " ".join(part.lstrip("0") or "0" if part.isdecimal() else part for part in kept)


def _words(path: Path) -> list[str]:
    return [w for w in _SPLIT.split(_CELLPOSE.sub("", _exact(path))) if w]
