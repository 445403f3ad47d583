"""A network that came as a TorchScript program."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.networks.base import NetworkInfo
from desktop_app.core.networks.panoptic import CELL

STEP = CELL
"""Of which the divisor is a multiple: the program gives a map of cells of so many pixels, px."""


class TorchScriptArguments(Parameters):
    """A program that came with an imported model; everything else about it is unknown."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", title="Checksum", description="Of the imported file.")
    divisor: int = Field(
        ge=STEP, le=4096, multiple_of=STEP, title="Divisor", description="Edges of the image are multiples of this."
    )


TORCHSCRIPT = NetworkInfo(
    "torchscript",
    "TorchScript program",
    "Came with an imported model. It can be used, but not trained.",
    2,
    TorchScriptArguments,
    recipes=("panoptic",),
    divisor=lambda arguments: (1, arguments.divisor, arguments.divisor),
)
