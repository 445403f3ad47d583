"""How long a job will still take, and how to say it."""

from __future__ import annotations

_WARM_UP_SECONDS = 2.0  # the first steps are slow and would tell too long a time
_SMOOTHING = 0.3  # weight of the newest speed: a change shows after some three reports, and noise does not


class RemainingTime:
    """Estimates the rest from the recent speed, so that a slow start is forgotten.

    Nothing is learned from the first moments after progress began: what an interrupted job finds done passes there.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._last: tuple[float, float] | None = None
        self._speed: float | None = None

    def update(self, fraction: float, now: float) -> float | None:
        """Seconds left, None while it is too early to say.

        Args:
            fraction: Done so far, 0 to 1.
            now: Any clock that only rises, s.
        """
        if self._start is None or self._last is None or self._last[1] == 0 or fraction < self._last[1]:
            self._start, self._last, self._speed = now, (now, fraction), None
            return None
        if now - self._start < _WARM_UP_SECONDS:
            self._last = (now, fraction)
            return None
        seconds, gained = now - self._last[0], fraction - self._last[1]
        if seconds >= 1.0 and gained > 0:
            speed = gained / seconds
            self._speed = speed if self._speed is None else self._speed + _SMOOTHING * (speed - self._speed)
            self._last = (now, fraction)
        if self._speed is None:
            return None
        return (1.0 - fraction) / self._speed


def describe_seconds(seconds: float) -> str:
    """A duration for a person: ``8 s``, ``3 min``, ``1 h 20 min``."""
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
