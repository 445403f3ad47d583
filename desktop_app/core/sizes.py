"""Amounts of data in words."""

from __future__ import annotations


def megabytes(count: float) -> str:
    """A number of bytes, for example ``221 MB``; from 10,000 MB on in GB."""
    if count >= 1e10:
        return f"{count / 1e9:.0f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"
