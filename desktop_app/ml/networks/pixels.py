"""The forest of the scribble assistant, in the clothes of a network: so it runs wherever networks run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from torch import nn
from torch.nn.modules.module import _IncompatibleKeys

from desktop_app.core.errors import UserError
from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.pixels import PixelForestArguments
from desktop_app.objects.pixels.filters import filter_count, filtered
from desktop_app.objects.pixels.forest import PixelForest, Samples

NUMBERS, CLASSES = "numbers", "classes"
_LEAST = 1e-4  # probability of a class that no tree votes for: its logarithm must be a number


class PixelForestNetwork(nn.Module):
    """Keeps the pixels that were learned from as its weights, and learns from them again when they are loaded.

    That takes a fraction of a second, and a file of numbers alone cannot run code, as a stored forest could.

    Args:
        dimensions: 2 looks at slices.
        inputs: Channels of the image.
        outputs: Classes, the background among them.
        arguments: How pixels are looked at.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: PixelForestArguments) -> None:
        super().__init__()
        self._volume, self._outputs, self._arguments = dimensions == 3, outputs, arguments
        self._count = filter_count(arguments.widths, inputs)
        self.register_buffer(NUMBERS, torch.zeros(0, self._count))
        self.register_buffer(CLASSES, torch.zeros(0, dtype=torch.uint8))
        self._forest: PixelForest | None = None

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Learn from the pixels.

        Raises:
            RuntimeError: If they do not fit the filters or the classes.
        """
        numbers, classes = state_dict[NUMBERS].numpy(), state_dict[CLASSES].numpy()
        fits = numbers.ndim == 2 and numbers.shape == (len(classes), self._count) and len(classes) > 0
        if not fits or classes.ndim != 1 or int(classes.max()) >= self._outputs:
            raise RuntimeError(f"pixels {numbers.shape} with {self._count} filters and {self._outputs} classes")
        self._forest = PixelForest(Samples(numbers.astype(np.float32), classes.astype(np.uint8)), self._outputs)
        return _IncompatibleKeys([], [])

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logarithms of probabilities ``(B, K, [Z,] Y, X)`` of images ``(B, C, [Z,] Y, X)``."""
        values = image.float().cpu().numpy()
        found = np.stack([self._of(one if self._volume else one[:, None]) for one in values])
        return torch.from_numpy(found if self._volume else found[:, :, 0]).to(image.device)

    def _of(self, image: np.ndarray) -> np.ndarray:
        """Logarithms (K, Z, Y, X) of an image (C, Z, Y, X)."""
        if self._forest is None:
            raise RuntimeError("the forest has not been loaded")
        kinds = filtered(image, self._arguments.widths, self._volume, self._arguments.aspect)
        numbers = np.stack([kind.reshape(-1) for kind in kinds], axis=1)
        probabilities = self._forest.probabilities(numbers)
        return np.log(np.maximum(probabilities, _LEAST)).reshape(self._outputs, *image.shape[1:])

    def train(self, mode: bool = True) -> Self:
        """Only evaluation is possible.

        Raises:
            UserError: If it is to be trained.
        """
        if mode:
            raise UserError("This model can be used, but not finetuned.", hint="Start from another model.")
        return super().train(mode)
