"""A network that came as a TorchScript program: used as it is, and only where the user trusts it."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Self

import torch
from torch import nn
from torch.nn.modules.module import _IncompatibleKeys

from desktop_app.core.errors import UserError
from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.panoptic import CELL
from desktop_app.core.networks.torchscript import TorchScriptArguments
from desktop_app.io.trust import is_trusted

PROGRAM = "program"
_OUTPUTS = ("sem_logits", "ctr_hmp", "offsets")


class TorchScriptNetwork(nn.Module):
    """Holds the bytes of a TorchScript file as its one weight, ``program (N,) uint8``, until they are loaded.

    Args:
        _dimensions: Always 2.
        _inputs: Always 1.
        _outputs: As the program has them.
        arguments: Divisor and checksum of the file.
    """

    def __init__(self, _dimensions: Dimensions, _inputs: int, _outputs: int, arguments: TorchScriptArguments) -> None:
        super().__init__()
        self._arguments = arguments
        self.register_buffer(PROGRAM, torch.zeros(0, dtype=torch.uint8))
        self._script: list[nn.Module] = []

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Load the program.

        Raises:
            UserError: If the user has not agreed to run it, or it is not the one that was imported.
        """
        data = state_dict[PROGRAM].numpy().tobytes()
        if hashlib.sha256(data).hexdigest() != self._arguments.sha256:
            raise UserError("The program in the model is not the one that was imported.", hint="Import it again.")
        self._script = [loaded_program(data)]
        return _IncompatibleKeys([], [])

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        """All maps of an image ``(B, 1, H, W)``, coarse, as those of ``PanopticNetwork`` in evaluation."""
        with torch.autocast(image.device.type, enabled=False):
            maps = self._script[0](image.float().contiguous(), render_steps, False)
        return {name: maps[name].float() for name in _OUTPUTS}

    def train(self, mode: bool = True) -> Self:
        """Only evaluation is possible.

        Raises:
            UserError: If it is to be trained.
        """
        if mode:
            raise UserError("This model can be used, but not finetuned.", hint="Start from another model.")
        return super().train(mode)

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Self:
        """The program moves to another device together with its holder."""
        for script in self._script:
            script._apply(fn)
        return super()._apply(fn, recurse)


def loaded_program(data: bytes) -> nn.Module:
    """A TorchScript file, ready to run.

    Raises:
        UserError: If the user has not agreed to run this very file, or it cannot be loaded.
    """
    if not is_trusted(hashlib.sha256(data).hexdigest()):
        raise UserError(
            "This model holds a program, and you have not agreed to run it on this computer.",
            hint="Import the original file again if you trust where it comes from.",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            script: nn.Module = torch.jit.load(io.BytesIO(data), map_location="cpu")
    except (RuntimeError, ValueError, OSError) as error:
        raise UserError(
            "The program in the model does not load in this version of PyTorch.", details=str(error)
        ) from error
    return script.eval()


def tried_program(data: bytes, divisor: int) -> int:
    """Run a program once on an empty image and look at what it gives.

    Args:
        data: The TorchScript file; the user has agreed to run it.
        divisor: Edge of the image.

    Returns:
        The number of channels of its class logits.

    Raises:
        UserError: If it does not give the maps of a panoptic network.
    """
    script = loaded_program(data)
    try:
        with torch.inference_mode():
            maps = script(torch.zeros(1, 1, divisor, divisor), 2, False)
        shapes = {name: tuple(maps[name].shape) for name in _OUTPUTS}
    except (RuntimeError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UserError(
            "The program in the model gives no classes, centres and offsets of objects, so it cannot be used.",
            hint="Only panoptic models with PointRend can be imported.",
            details=str(error),
        ) from error
    cells = divisor // CELL
    outputs = shapes["sem_logits"][1] if len(shapes["sem_logits"]) == 4 else 0
    wanted = {
        "sem_logits": (1, outputs, divisor, divisor), "ctr_hmp": (1, 1, cells, cells), "offsets": (1, 2, cells, cells)
    }  # fmt: skip
    if shapes != wanted or outputs < 1:
        raise UserError(
            "The maps that the program in the model gives are of other sizes than expected.", details=str(shapes)
        )
    return outputs
