"""Several label layers of one image in a project: which there are, what they are called, and which is edited."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

FIRST_LAYER = ""
"""Key of the layer that every image has."""
FIRST_LAYER_NAME = "Labels"
LONGEST_LAYER_NAME = 80  # characters, as of classes: a row of the panel shows no more
LAYER_KEY = r"l[1-9]\d{0,3}"
"""Keys name files: nothing that leads to another folder."""


class NamedLabels(BaseModel):
    """A label layer beside the first.

    Attributes:
        key: Never changes; names its files.
        name: Shown to the user, unique among the layers of an image.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=f"^{LAYER_KEY}$")
    name: str = Field(min_length=1, max_length=LONGEST_LAYER_NAME)


def free_layer_key(taken: Iterable[str]) -> str:
    """The key of one more layer."""
    known, number = set(taken), 2
    while f"l{number}" in known:
        number += 1
    return f"l{number}"
