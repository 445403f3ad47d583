"""Label layers: several label images of one image, beside each other. A layer is voxels, what they mean, and a look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from desktop_app.core.imaging.label_colors import FIRST_PALETTE, Rgb, color_of
from desktop_app.core.imaging.region import Index3, Region
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.labelling.scheme import LONGEST_CLASS_NAME, LabelClass, LabelScheme

OWN = "labels"
"""Key of the layer that is painted on."""
OTHER_LABELS = "labels of layer "
"""Before the key of a label layer of the project that is not painted on now."""
PREVIEW = "preview"
"""Key of the layer with what a model proposes at this moment."""
AGREEMENT = "agreement"
"""Key of the layer that shows where two others agree."""
PROPOSAL = "proposal"
"""Key of the layer with what an assistant proposes at this moment."""
MAP = "map:"
"""Beginning of the keys of layers with what a network says."""
LIVE = "live:"
"""Beginning of the keys of layers with what a model finds while it learns."""
FIRST_OPACITY = 0.45  # share of the image that labels cover at first: both are seen, by eye


class LabelStyle(StrEnum):
    """How labels are drawn."""

    FILLED = "filled"
    CONTOUR = "contour"
    STRIPED = "striped"
    OFF = "off"


class LayerKind(StrEnum):
    """Where the voxels of a layer come from."""

    LABELS = "labels"
    RESULT = "result"
    PREVIEW = "preview"
    AGREEMENT = "agreement"
    MARK = "mark"
    PROPOSAL = "proposal"
    MAP = "map"
    LIVE = "live"


class LabelReader(Protocol):
    """Label voxels that can be looked at; a ``LabelStore`` can be written to as well."""

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""

    def read(self, region: Region) -> NDArray[np.uint32]:
        """A copy of the labels in ``region``, (Z, Y, X)."""


class LayerLook(BaseModel):
    """How a layer is drawn.

    Attributes:
        visible: Whether it is seen.
        opacity: Of fillings, 0 to 1.
        style: Filled, outlined or striped.
        solo: The only object that is drawn; 0 draws all.
        palette: Key of the colours; empty takes those of the settings.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    visible: bool = True
    opacity: float = Field(default=FIRST_OPACITY, ge=0, le=1)
    style: LabelStyle = LabelStyle.FILLED
    solo: int = Field(default=0, ge=0)
    palette: str = ""


RESULT_LOOK = LayerLook(style=LabelStyle.CONTOUR)
"""Of results at first: outlines let image and labels be seen below."""


@dataclass(frozen=True, slots=True)
class LabelLayer:
    """One label image over the image; equality is about all but the voxels.

    Attributes:
        key: Unique among the layers of an image.
        title: Shown to the user.
        store: The voxels.
        kind: Where they come from.
        scheme: What they mean.
        look: How they are drawn.
        hidden: Labels that are not drawn.
        path: The file, where there is one.
    """

    key: str
    title: str
    store: LabelReader = field(compare=False)
    kind: LayerKind = LayerKind.RESULT
    scheme: LabelScheme = field(default_factory=LabelScheme)
    look: LayerLook = field(default_factory=LayerLook)
    hidden: frozenset[int] = frozenset()
    path: Path | None = None

    @property
    def seen(self) -> bool:
        """Whether anything of it is drawn."""
        return self.look.visible and self.look.style is not LabelStyle.OFF

    @property
    def label_layer(self) -> str | None:
        """Key of the label layer of the project that it is, where that is not painted on now; None for all others."""
        return self.key.removeprefix(OTHER_LABELS) if self.key.startswith(OTHER_LABELS) else None

    @property
    def follows_labels(self) -> bool:
        """Whether an edit of the labels changes it."""
        marks = self.kind is LayerKind.MARK
        return self.key == OWN or marks or (isinstance(self.store, AgreementLabels) and self.store.follows_labels)

    def fixed_colors(self) -> dict[int, Rgb]:
        """Colours that the user has chosen, by label; the palette gives all others."""
        if self.scheme.kind != "classes":
            return {}
        return {c.value: c.color for c in self.scheme.classes if c.color != color_of(c.value)}

    def with_look(self, **changes: object) -> LabelLayer:
        """The same, drawn in another way."""
        return replace(self, look=LayerLook.model_validate({**self.look.model_dump(), **changes}))


@dataclass(frozen=True, slots=True, eq=False)
class BoxLabels:
    """Labels of a box at one time point; all around it is empty.

    Attributes:
        shape: (Z, Y, X) of the whole.
        box: Where ``values`` lie.
        values: (Z, Y, X) of the box.
        time: The time point that they belong to.
        shown: The time point that is looked at; empty at others than ``time``.
    """

    shape: Index3
    box: Region
    values: NDArray[np.uint32]
    time: int = 0
    shown: int = 0

    def at_time(self, time: int) -> BoxLabels:
        """As it is at another time point."""
        return self if time == self.shown else replace(self, shown=time)

    def read(self, region: Region) -> NDArray[np.uint32]:
        """The labels in ``region``."""
        found = np.zeros(region.shape, np.uint32)
        common = region.intersect(self.box)
        if not common.empty and self.time == self.shown:
            there, here = (common.shift(_back(start)).slices for start in (region.start, self.box.start))
            found[there] = self.values[here]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class VolumeLabels:
    """Labels in a file, read when they are looked at.

    Attributes:
        volume: Whole numbers of any width.
    """

    volume: Volume

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        return self.volume.shape

    def at_time(self, time: int) -> VolumeLabels:
        """Those of another time point; the same where there is one."""
        return self if self.volume.times == 1 or time == self.volume.time else VolumeLabels(self.volume.at_time(time))

    def read(self, region: Region) -> NDArray[np.uint32]:
        """The labels in ``region``.

        Raises:
            UnreadableFileError: If the file is damaged, or holds what is no label.
        """
        return self.volume.read(region).astype(np.uint32, copy=False)


BOTH, ONLY_FIRST, ONLY_SECOND, OTHERWISE = 1, 2, 3, 4
"""Values of an agreement."""


@dataclass(frozen=True, slots=True, eq=False)
class AgreementLabels:
    """Where two layers agree: ``BOTH``, ``ONLY_FIRST``, ``ONLY_SECOND``; ``OTHERWISE`` where their classes differ.

    Attributes:
        first: One layer.
        second: The other.
    """

    first: LabelLayer
    second: LabelLayer

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        return self.first.store.shape

    @property
    def follows_labels(self) -> bool:
        """Whether one of them is painted on."""
        return OWN in (self.first.key, self.second.key)

    @property
    def by_class(self) -> bool:
        """Whether voxels name classes on both sides, and so must be equal to agree."""
        return self.first.scheme.kind == self.second.scheme.kind == "classes"

    def read(self, region: Region) -> NDArray[np.uint32]:
        """The agreement in ``region``."""
        first, second = self.first.store.read(region), self.second.store.read(region)
        left, right = first > 0, second > 0
        found = np.zeros(region.shape, np.uint32)
        found[left & right] = BOTH
        found[left & ~right] = ONLY_FIRST
        found[right & ~left] = ONLY_SECOND
        if self.by_class:
            found[left & right & (first != second)] = OTHERWISE
        return found


def agreement_layer(first: LabelLayer, second: LabelLayer) -> LabelLayer:
    """The layer that shows where two others agree; its colours are told apart with any colour vision."""
    # Okabe and Ito 2008, blue, orange and purple; agreement is what the eye may pass over.
    words = {
        BOTH: ("Both", (235, 235, 235)),
        ONLY_FIRST: (f"Only the first: {first.title}", (86, 180, 233)),
        ONLY_SECOND: (f"Only the second: {second.title}", (230, 159, 0)),
        OTHERWISE: ("Another class", (204, 121, 167)),
    }
    classes = tuple(LabelClass(value=v, name=name[:LONGEST_CLASS_NAME], color=rgb) for v, (name, rgb) in words.items())
    scheme = LabelScheme(kind="classes", classes=classes)
    title = f"{first.title} and {second.title}"
    look = LayerLook(opacity=0.6)  # the labels below shine through; by eye
    return LabelLayer(AGREEMENT, title, AgreementLabels(first, second), LayerKind.AGREEMENT, scheme, look)


def palette_of(layer: LabelLayer, usual: str = FIRST_PALETTE) -> str:
    """Key of the colours that a layer is drawn in."""
    return layer.look.palette or usual


def free_name(others: Iterable[str], wanted: str) -> str:
    """``wanted``, or with the first free number behind it: a key or a title among those of other layers."""
    taken = set(others)
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} ({number})", number + 1
    return name


def _back(start: Index3) -> Index3:
    z, y, x = start
    return -z, -y, -x
