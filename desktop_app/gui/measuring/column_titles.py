"""Names of columns as people write them."""

from __future__ import annotations


def title_of(column: str) -> str:
    """A name without underscores, with a large first letter."""
    return (column[:1].upper() + column[1:]).replace("_", " ")
