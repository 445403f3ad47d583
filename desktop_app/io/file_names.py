"""Names of the user as names of files."""

from __future__ import annotations

import os

_LONGEST, _LONGEST_BYTES = 80, 200
"""Characters, and bytes: with what is put before and behind them, they stay below the 255 bytes that systems take."""


def file_name(name: str, otherwise: str = "unnamed") -> str:
    """A name that every system takes as a file name; ``otherwise`` where nothing is left of it."""
    kept = "".join(c if c.isalnum() or c in " -_.()" else "_" for c in name).strip(" .")
    return shortened(kept) or otherwise


def shortened(name: str) -> str:
    """As much of a name as leaves room for an ending and a mark, in whole letters."""
    kept = name[:_LONGEST]
    while len(os.fsencode(kept)) > _LONGEST_BYTES:
        kept = kept[:-1]
    return kept
