"""Which time points of a movie a job works on."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Times, Volume, describe_times


def wanted_times(volume: Volume, times: Times) -> Sequence[int]:
    """Time points to work on, counted from 0.

    Args:
        volume: The image.
        times: Those that are wanted; None: all.

    Raises:
        UserError: If there is no such time point.
    """
    if times is None:
        return range(volume.times)
    wanted = (times,) if isinstance(times, int) else times
    outside = tuple(time for time in wanted if not 0 <= time < volume.times)
    if outside or not wanted:
        has = "one time point" if volume.times == 1 else f"{volume.times} time points"
        raise UserError(
            f"{_name(volume)} has {has}; there is no number {describe_times(outside)}.",
            hint="Choose other ones, or all.",
        )
    return wanted


def of_times(volume: Volume, times: Times) -> Volume:
    """An image of nothing but the time points wanted: of one without time, of several a movie.

    Raises:
        UserError: If there is no such time point.
    """
    return volume if times is None else volume.at_times(wanted_times(volume, times))


def times_used(volume: Volume, times: Times) -> tuple[str, ...]:
    """A sentence on what is left out of a movie; nothing where nothing is."""
    if times is None or volume.times == 1:
        return ()
    several = isinstance(times, tuple) and len(times) > 1
    which = (
        f"time points {describe_times(times)} are used" if several else f"time point {describe_times(times)} is used"
    )
    return (f"It has {volume.times} time points; {which}.",)


def time_suffix(volume: Volume, time: int) -> str:
    """Behind the name of what is written for a time point, as ``_t07``; nothing where there is one."""
    return f"_t{time + 1:0{len(str(volume.times))}}" if volume.times > 1 else ""


def time_title(volume: Volume, time: int) -> str:
    """In front of what is said of a time point; nothing where there is one."""
    return f"Time point {time + 1} of {volume.times}: " if volume.times > 1 else ""


def at_same_time(volume: Volume, other: Volume) -> Volume:
    """A volume at the time point of another; one without time points belongs to each.

    Raises:
        UserError: If it is a movie that ends before.
    """
    if volume.times == 1:
        return volume
    if other.time >= volume.times:
        raise UserError(
            f"{_name(volume)} has {volume.times} time points, but {_name(other)} has {other.times}: there is nothing "
            f"for number {other.time + 1}.",
            hint="Choose time points that both have, or the files that belong together.",
        )
    return volume.at_time(other.time)


def _name(volume: Volume) -> str:
    return volume.path.name if volume.path else volume.name
