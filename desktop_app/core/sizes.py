"""Amounts of data in words."""

from __future__ import annotations


def megabytes(count: float) -> str:
    """A number of bytes, for example ``221 MB``; from 10,000 MB on in GB, below 10 MB with one more figure."""
    if count >= 1e10:  # bytes, as the docstring says
        return f"{count / 1e9:.0f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"  # two figures at least
