"""How many of the images kept aside a training looks at while it learns, and how many at its end: told, and heard."""

from __future__ import annotations

import re

_FEW = re.compile(r"checking with (?P<all>\d+) images \((?P<few>\d+) of them while it learns\)")


def checked_in_words(kept_aside: int, few: int) -> str:
    """With what a training is checked, for its log.

    Args:
        kept_aside: Images kept aside, which are all looked at in the end.
        few: At most so many of them while it learns.
    """
    if kept_aside < 2:  # images; one cannot be a part of them
        return f"checking with {'1 image' if kept_aside else 'none'}"
    watched = f" ({few} of them while it learns)" if few < kept_aside else ""
    return f"checking with {kept_aside} images{watched}"


def few_checked(told: str) -> str:
    """A sentence below the curve of scores; empty where a line of the log does not tell of fewer images than all."""
    heard = _FEW.search(told)
    if heard is None:
        return ""
    return f"Checked on {heard['few']} of {heard['all']} images kept aside while learning; the result is of all."
