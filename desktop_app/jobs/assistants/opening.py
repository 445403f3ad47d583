"""The assistants that propose objects from clicks, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from desktop_app.core.config.assistants import AssistantChoice
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.assisting import Assistant

_Opener = Callable[[AssistantChoice, Volume, int], Assistant]


def open_assistant(choice: AssistantChoice, volume: Volume, channel: int) -> Assistant:
    """An assistant for an image.

    Args:
        choice: Which one, and where it is found.
        volume: The image.
        channel: Of it, for assistants that see one.

    Raises:
        UserError: If it cannot be used, or does not fit the image.
    """
    return _OPENERS[choice.by](choice, volume, channel)


def _edges(choice: AssistantChoice, volume: Volume, channel: int) -> Assistant:
    from desktop_app.jobs.assistants.replayed import EdgeAssistant

    del choice
    return EdgeAssistant(volume, channel)


def _model(choice: AssistantChoice, volume: Volume, channel: int) -> Assistant:
    from desktop_app.jobs.assistants.model import ModelAssistant
    from desktop_app.jobs.models.library import find_model

    del channel  # a model sees the channels that it learned from
    if not choice.model:
        raise UserError("No model was named.", hint="Name one with --model.")
    return ModelAssistant(find_model(choice.model), volume, choice.device)


def _file(choice: AssistantChoice, volume: Volume, channel: int) -> Assistant:
    from desktop_app.jobs.assistants.onnx_files import OnnxAssistant

    if not choice.encoder or not choice.decoder:
        raise UserError("A model file needs its encoder and its decoder.", hint="Name both.")
    return OnnxAssistant(Path(choice.encoder), Path(choice.decoder), volume, channel)


def _server(choice: AssistantChoice, volume: Volume, channel: int) -> Assistant:
    from desktop_app.jobs.assistants.server import ServerAssistant

    if not choice.server:
        raise UserError("No server was named.", hint="Write its address as http://computer:1527.")
    return ServerAssistant(choice.server, volume, channel)


_OPENERS: Final[Mapping[str, _Opener]] = {"edges": _edges, "model": _model, "file": _file, "server": _server}
