"""How the axes of a file become (C, Z, Y, X)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError

_MOST_CHANNELS = 6  # an unnamed axis that is longer holds slices: microscopes seldom record more channels
OPACITY_LEFT_OUT = "The opacity of its pixels is left out."


@dataclass(frozen=True, slots=True)
class AxisPlan:
    """Which stored axis is which.

    Attributes:
        axes: One letter per stored axis, for example ``TZCYX``.
        shape: Length of each.
        c: Position of the channel axis, None where there is none.
        z: Position of the slice axis, None for a 2D image.
        y: Position of the rows.
        x: Position of the columns.
        channels: Channels used; an alpha channel at the end is left out.
        rgb: Whether the channels are the colours of one picture.
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
    notes: tuple[str, ...] = ()

    @property
    def full_shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.channels, 1 if self.z is None else self.shape[self.z], self.shape[self.y], self.shape[self.x]

    @property
    def kept(self) -> str:
        """Letters of the used axes in stored order: what results are written with."""
        names = {self.c: "S" if self.rgb else "C", self.z: "Z", self.y: "Y", self.x: "X"}
        return "".join(names[i] for i in range(len(self.axes)) if i in names)

    def index(self, channel: int, z: slice, y: slice, x: slice) -> tuple[int | slice, ...]:
        """Index of the stored array for one channel and box; axes that are left out stand at 0."""
        where: dict[int | None, int | slice] = {self.c: channel, self.z: z, self.y: y, self.x: x}
        return tuple(where.get(i, 0) for i in range(len(self.axes)))

    def as_zyx(self, block: NDArray[Any]) -> NDArray[Any]:
        """A block read with ``index`` as (Z, Y, X)."""
        order = sorted(i for i in (self.z, self.y, self.x) if i is not None)
        wanted = [order.index(i) for i in (self.z, self.y, self.x) if i is not None]
        block = block.transpose(wanted)
        return block if self.z is not None else block[None]


def plan_axes(axes: str, shape: tuple[int, ...], *, rgb: bool = False, alpha: bool = False, name: str = "") -> AxisPlan:
    """Decide which axes are slices and channels.

    Time beside slices: the first time point is used. Time without slices, and axes without a meaning, are slices.

    Args:
        axes: One letter per axis: X, Y, Z, C (channel), S (samples of a pixel), T (time), others without a meaning.
        shape: Length of each.
        rgb: The samples of a pixel are colours.
        alpha: The last sample of a pixel is its opacity.
        name: File name for errors.

    Raises:
        UnreadableFileError: If there are no rows and columns, or an axis is empty.
    """
    if "Y" not in axes or "X" not in axes or 0 in shape:
        raise UnreadableFileError(name, "it holds no picture.", details=f"axes {axes}, shape {shape}")
    y, x = axes.rindex("Y"), axes.rindex("X")
    long = [i for i in range(len(axes)) if shape[i] > 1 and i not in (y, x)]
    notes: list[str] = []
    c, colors = _channel_axis(axes, long, rgb)
    z = _slice_axis(axes, long, c)
    if z is None and c is not None and not colors and shape[c] > _MOST_CHANNELS:
        notes.append(f"The file calls its {shape[c]} pictures channels; they are shown as slices.")
        c, z = None, c
    elif z is not None and axes[z] == "T":
        notes.append(f"The file calls its {shape[z]} pictures time points; they are shown as slices.")
    notes += [_left_out(axes[i], shape[i]) for i in long if i not in (c, z)]
    channels = 1 if c is None else shape[c]
    if c is not None and axes[c] == "S" and channels > 1 and alpha:
        channels -= 1
        notes.append(OPACITY_LEFT_OUT)
    elif colors and channels > 3:
        notes.append(f"A pixel has {channels} values, more than colours have; they are shown as channels.")
    return AxisPlan(axes, shape, c, z, y, x, channels, colors and channels == 3, tuple(notes))


def _channel_axis(axes: str, long: list[int], rgb: bool) -> tuple[int | None, bool]:
    channel = next((i for i in long if axes[i] == "C"), None)
    samples = next((i for i in long if axes[i] == "S"), None)
    if samples is not None and (rgb or channel is None):
        return samples, rgb
    return channel, False


def _slice_axis(axes: str, long: list[int], c: int | None) -> int | None:
    free = [i for i in long if i != c and axes[i] not in "CS"]
    for letters in ("Z", "QI", "T"):
        for i in free:
            if axes[i] in letters:
                return i
    return free[0] if free else None


def _left_out(letter: str, length: int) -> str:
    what = {"T": "time points", "C": "channels", "S": "samples"}.get(letter, "pictures along a further axis")
    return f"The file holds {length} {what}; only the first is used."
