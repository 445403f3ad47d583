"""Where publications are found."""

from __future__ import annotations

import re

_PLACE = re.compile(r"(arXiv|doi) ([^\s;,]+)")
_SITES = {"arXiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}


def linked(paper: str) -> str:
    """A paper as Markdown, with arXiv numbers and DOIs as links."""
    return _PLACE.sub(lambda found: f"[{found[0]}]({_SITES[found[1]]}{found[2]})", paper)
