"""What proposes objects from clicks, and where it is found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.device import Device


class AssistantChoice(Parameters):
    """Which assistant proposes; what is not about it stays empty."""

    by: Literal["edges", "model", "file", "server"] = Field(
        default="edges", title="Proposes by", description="Edges need nothing; the others see more."
    )
    model: str = Field(default="", title="Model", description="A model of this program that learned such images.")
    encoder: str = Field(
        default="", title="Encoder",
        description="ONNX file that turns a picture into features: the image encoder of a Segment Anything model.",
    )  # fmt: skip
    decoder: str = Field(
        default="", title="Decoder",
        description="ONNX file that turns features and clicks into masks, as Segment Anything exports it.",
    )  # fmt: skip
    server: str = Field(
        default="", title="Address of the server",
        description="As http://computer:1527. A key that it wants stands in the variable NN_INTERACTIVE_API_KEY.",
    )  # fmt: skip
    device: Device = Field(default="auto", title="Compute on", description="Of a model of this program.")
