"""Which time points of a movie a job works on."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume


def wanted_times(volume: Volume, time: int | None) -> Sequence[int]:
    """Time points to work on, counted from 0.

    Args:
        volume: The image.
        time: The one that is wanted; None: all.

    Raises:
        UserError: If there is no such time point.
    """
    if time is None:
        return range(volume.times)
    if not 0 <= time < volume.times:
        has = "one time point" if volume.times == 1 else f"{volume.times} time points"
        name = volume.path.name if volume.path else volume.name
        raise UserError(f"{name} has {has}; there is no number {time + 1}.", hint="Choose another one, or all.")
    return (time,)


def time_suffix(volume: Volume, time: int) -> str:
    """Behind the name of what is written for a time point, as ``_t07``; nothing where there is one."""
    return f"_t{time + 1:0{len(str(volume.times))}}" if volume.times > 1 else ""


def time_title(volume: Volume, time: int) -> str:
    """In front of what is said of a time point; nothing where there is one."""
    return f"Time point {time + 1} of {volume.times}: " if volume.times > 1 else ""


def at_same_time(volume: Volume, other: Volume) -> Volume:
    """A volume at the time point of another; one without time points belongs to each."""
    return volume if volume.times == 1 else volume.at_time(min(other.time, volume.times - 1))
