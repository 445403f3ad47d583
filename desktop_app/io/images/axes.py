"""How the axes of a file become (C, Z, Y, X) at a time T."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading

_MOST_CHANNELS = 6  # an unnamed axis that is longer holds slices: microscopes seldom record more channels
_MEANT = "TCZYXSO"
_EXCHANGED = str.maketrans("TZ", "ZT")
OPACITY_LEFT_OUT = "The opacity of its pixels is left out."
CORRECT_THEM = "If that is wrong, set the axes by hand."


@dataclass(frozen=True, slots=True)
class AxisPlan:
    """Which stored axis is which.

    Attributes:
        axes: One letter per stored axis, for example ``TZCYX``, as it is used.
        shape: Length of each.
        c: Position of the channel axis, None where there is none.
        z: Position of the slice axis, None for a 2D image.
        y: Position of the rows.
        x: Position of the columns.
        channels: Channels used; an alpha channel at the end is left out.
        rgb: Whether the channels are the colours of one picture.
        t: Position of the time axis, None where there is one time point.
        time: The time point that is read.
        stored: The axes as they are understood without what the user said.
        notes: What the user should know about axes that were left out or renamed.
    """

    axes: str
    shape: tuple[int, ...]
    c: int | None
    z: int | None
    y: int
    x: int
    channels: int
    rgb: bool
    t: int | None = None
    time: int = 0
    stored: str = ""
    notes: tuple[str, ...] = ()

    @property
    def full_shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.channels, 1 if self.z is None else self.shape[self.z], self.shape[self.y], self.shape[self.x]

    @property
    def times(self) -> int:
        """Number of time points."""
        return 1 if self.t is None else self.shape[self.t]

    @property
    def kept(self) -> str:
        """Letters of the used axes in stored order: what results are written with."""
        names = {self.t: "T", self.c: "S" if self.rgb else "C", self.z: "Z", self.y: "Y", self.x: "X"}
        return "".join(names[i] for i in range(len(self.axes)) if i in names)

    @property
    def of_volume(self) -> dict[str, Any]:
        """What a ``Volume`` says of its axes."""
        return {
            "axes": self.kept, "rgb": self.rgb, "notes": self.notes, "stored_axes": self.stored,
            "stored_shape": self.shape,
        }  # fmt: skip

    def at_time(self, time: int) -> AxisPlan:
        """The same plan, to read another time point."""
        return replace(self, time=time)

    def index(self, channel: int, z: slice, y: slice, x: slice) -> tuple[int | slice, ...]:
        """Index of the stored array for one channel and box; axes that are left out stand at 0."""
        where: dict[int | None, int | slice] = {self.t: self.time, self.c: channel, self.z: z, self.y: y, self.x: x}
        return tuple(where.get(i, 0) for i in range(len(self.axes)))

    def as_zyx(self, block: NDArray[Any]) -> NDArray[Any]:
        """A block read with ``index`` as (Z, Y, X)."""
        order = sorted(i for i in (self.z, self.y, self.x) if i is not None)
        wanted = [order.index(i) for i in (self.z, self.y, self.x) if i is not None]
        block = block.transpose(wanted)
        return block if self.z is not None else block[None]


def plan_axes(
    axes: str, shape: tuple[int, ...], *, rgb: bool = False, alpha: bool = False, name: str = "",
    reading: ImageReading = AS_STATED,
) -> AxisPlan:  # fmt: skip
    """Decide which axes are time points, slices and channels.

    Axes without a meaning are slices, or channels where they are short and slices are there. What no place is left for
    stands at its first picture, and is said.

    Args:
        axes: One letter per axis: X, Y, Z, C (channel), S (samples of a pixel), T (time), others without a meaning.
        shape: Length of each.
        rgb: The samples of a pixel are colours.
        alpha: The last sample of a pixel is its opacity.
        name: File name for errors.
        reading: What the user said of the axes; it comes before what the file says.

    Raises:
        UnreadableFileError: If there are no rows and columns, an axis is empty, or the user named another number of
            axes than there are.
    """
    if 0 in shape or (("Y" not in axes or "X" not in axes) and not reading.axes):
        raise UnreadableFileError(name, "it holds no picture.", details=f"axes {axes}, shape {shape}")
    proposed, notes = _named(axes, shape, rgb)
    letters = proposed
    if reading.axes:
        letters, notes = _corrected(proposed, shape, reading.axes, name), []
    if reading.time_as_z:
        letters = letters.translate(_EXCHANGED)
    long = [i for i in range(len(letters)) if shape[i] > 1 and letters[i] not in "YX"]
    at = {letters[i]: i for i in reversed(long)}
    colors = "S" in at and (rgb or bool(reading.axes))
    c = at["S"] if colors else at.get("C", at.get("S"))
    notes += [_left_out(axes[i], shape[i]) for i in long if i not in (c, at.get("Z"), at.get("T"))]
    channels = 1 if c is None else shape[c]
    if c is not None and letters[c] == "S" and channels > 1 and alpha:
        channels -= 1
        notes.append(OPACITY_LEFT_OUT)
    elif colors and channels > 3:
        notes.append(f"A pixel has {channels} values, more than colours have; they are shown as channels.")
    return AxisPlan(
        letters, shape, c, at.get("Z"), letters.rindex("Y"), letters.rindex("X"), channels, colors and channels == 3,
        at.get("T"), stored=proposed, notes=tuple(notes),
    )  # fmt: skip


def _named(axes: str, shape: tuple[int, ...], rgb: bool) -> tuple[str, list[str]]:
    """A letter with a meaning for each axis, and sentences where that is a guess."""
    letters = list(axes)
    for letter in "YX":
        for i in range(axes.rfind(letter)):
            letters[i] = "Q" if letters[i] == letter else letters[i]
    there = {letters[i] for i in range(len(axes)) if shape[i] > 1 and letters[i] in _MEANT}
    unnamed = [i for i in range(len(axes)) if letters[i] not in _MEANT and shape[i] > 1]
    notes = []
    if len(unnamed) > 1 or (unnamed and "Z" in there and letters[unnamed[0]] in "QI"):
        _name_several(letters, shape, unnamed, there, has_channels="C" in there or "S" in there)
        told = "".join(letters[i] for i in range(len(axes)) if shape[i] > 1 or letters[i] in "YX")
        notes.append(f"The file does not say what all its axes are; they are taken as {told}. {CORRECT_THEM}")
    elif unnamed:
        letters[unnamed[0]] = "O" if "Z" in there else "Z"
    elif "C" in there and "Z" not in there and not ("S" in there and rgb):
        c = next(i for i in range(len(axes)) if letters[i] == "C" and shape[i] > 1)
        if shape[c] > _MOST_CHANNELS:
            letters[c] = "Z"
            notes.append(f"The file calls its {shape[c]} pictures channels; they are shown as slices.")
    for i, letter in enumerate(letters):
        letters[i] = letter if letter in _MEANT else "O"
    return "".join(letters), notes


def _name_several(
    letters: list[str], shape: tuple[int, ...], unnamed: list[int], there: set[str], *, has_channels: bool
) -> None:
    """Names for axes without a meaning: the innermost are slices and, where they are short, channels; then time."""
    free = [letter for letter in "ZT" if letter not in there]
    short = [i for i in unnamed if shape[i] <= _MOST_CHANNELS]
    if short and not has_channels and (len(unnamed) > len(free) or len(unnamed) > len(short)):
        letters[short[-1]] = "C"
    for i in reversed(unnamed):
        if letters[i] != "C":
            letters[i] = free.pop(0) if free else "O"


def _corrected(proposed: str, shape: tuple[int, ...], wanted: str, name: str) -> str:
    """The letters that the user gave, for all axes or for those that hold more than one picture."""
    if len(wanted) == len(proposed):
        return wanted
    shown = [i for i in range(len(proposed)) if shape[i] > 1 or proposed[i] in "YX"]
    if len(wanted) != len(shown):
        lengths = " × ".join(str(shape[i]) for i in shown)
        raise UnreadableFileError(
            Path(name), f"it has {len(shown)} axes ({lengths}), but {len(wanted)} were given ({wanted}).",
            hint="Give one letter for each axis, from the outermost.",
        )  # fmt: skip
    letters = ["O"] * len(proposed)
    for i, letter in zip(shown, wanted, strict=True):
        letters[i] = letter
    return "".join(letters)


def _left_out(letter: str, length: int) -> str:
    what = {"T": "time points", "C": "channels", "S": "samples"}.get(letter, "pictures along a further axis")
    return f"The file holds {length} {what}; only the first is used. Set the axes by hand to see the others."
