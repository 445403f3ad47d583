"""One copy of a panoptic network at work on slices."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from desktop_app.core.job import Note
from desktop_app.core.networks.panoptic import CELL
from desktop_app.ml.inference.devices import mixed_precision
from desktop_app.ml.inference.finite import require_finite
from desktop_app.ml.inference.shortage import until_it_fits
from desktop_app.ml.inference.tiling import blend_weights, tile_starts
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.recipes.panoptic.inference.reading import PaddedFrame
from desktop_app.ml.recipes.panoptic.maps import Hardening, SliceMaps, cell_means, spread_steps, sure_steps

SPREAD = "spread"
"""Of what a network that looks more than once gives: how far its looks disagree."""
_OFFSETS = 2  # channels: dy and dx
_TRIED_EDGE = 64  # pixels of the image that is tried: computed in a moment, and large enough for all layers
_USUAL_STEPS = 2  # refinements from a quarter to full size
# Bytes a pixel of the largest layer and its input, where a program does not show its layers: a guess.
_USUAL_LAYER = 150.0


class Interrupted(Exception):
    """The network was asked to stop between two of its layers."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much the network gets at a time.

    Attributes:
        tile: Edges (rows, columns) of a tile in pixels of the network's image, multiples of its divisor; images that
            are not larger are seen whole.
        batch: Images or tiles at once.
        overlap: Share of a tile that its neighbour covers too.
        blend_there: Whether tiles are put together on the device, which never waits then, or in main memory.
    """

    tile: tuple[int, int]
    batch: int = 1
    overlap: float = 0.25
    blend_there: bool = False

    def lighter(self, divisor: tuple[int, int]) -> Load | None:
        """Half of it, or the same with tiles put together in main memory; None if it is as small as can be."""
        if self.blend_there:
            return replace(self, blend_there=False)
        if self.batch > 1:
            return replace(self, batch=self.batch // 2)
        rows, columns = (max(d, n // 2 // d * d) for n, d in zip(self.tile, divisor, strict=True))
        return None if (rows, columns) == self.tile else replace(self, tile=(rows, columns))


@dataclass(frozen=True, slots=True)
class SliceRequest:
    """What is asked of the network.

    Attributes:
        divisor: Rows and columns of its input are multiples of this.
        frame: The part of its image, in pixels before it is shrunk, that is kept.
        scale: How many times smaller its image is.
        hardening: What is made of the probabilities where these need not be kept; None keeps them.
    """

    divisor: tuple[int, int]
    frame: PaddedFrame
    scale: int = 1
    hardening: Hardening | None = None


class SliceNetwork:
    """A network that gives the maps of slices; tiles are blended, and where memory runs out it takes less at a time.

    Args:
        network: In evaluation mode, on the device.
        device: Where it computes.
        request: What is asked of it.
        load: How much it gets at first.
    """

    def __init__(self, network: nn.Module, device: torch.device, request: SliceRequest, load: Load) -> None:
        self._network, self._device, self._request, self._load = network, device, request, load
        self._in_part = isinstance(network, PanopticNetwork)  # imported programs give the logits of the whole image
        self.notes: list[Note] = []

    def __call__(self, images: NDArray[np.float32]) -> SliceMaps:
        """Maps of network input ``(B, C, h, w)``.

        Raises:
            UserError: If memory does not suffice for the smallest tile.
        """
        return until_it_fits(
            lambda load: self._seen(images, load),
            self._load,
            lambda load: self._lighter(load, images.shape[-2:]),
            self._device,
            tell=self._keep_to,
            hint="Close other programs, or raise the scale of the image.",
        )

    def _seen(self, images: NDArray[np.float32], load: Load) -> SliceMaps:
        padded = self._padded_shape(images.shape[-2:])
        if all(n <= t for n, t in zip(padded, load.tile, strict=True)):
            parts = [self._whole(images[low : low + load.batch], padded) for low in range(0, len(images), load.batch)]
        else:
            parts = [self._tiled(image, padded, load) for image in images]
        return parts[0] if len(parts) == 1 else SliceMaps.joined(parts)

    def _padded_shape(self, shape: tuple[int, ...]) -> tuple[int, int]:
        rows, columns = (-(-n // d) * d for n, d in zip(shape, self._request.divisor, strict=True))
        return rows, columns

    @torch.inference_mode()
    def _whole(self, images: NDArray[np.float32], padded: tuple[int, int]) -> SliceMaps:
        rows, columns = images.shape[-2:]
        part = (rows, columns) if self._in_part and (rows, columns) != padded else None
        return self._kept(*self._forward(self._grown(images, padded), part))

    def _grown(self, images: NDArray[np.float32], padded: tuple[int, int]) -> torch.Tensor:
        """On the device, with the mean grey below and to the right."""
        rows, columns = (p - n for p, n in zip(padded, images.shape[-2:], strict=True))
        values = torch.from_numpy(images)
        if self._device.type == "cuda":
            values = values.pin_memory()
        return functional.pad(values.to(self._device, non_blocking=True), (0, columns, 0, rows))

    def _forward(
        self, images: torch.Tensor, part: tuple[int, int] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Probabilities ``(B, C, H, W)`` without the background, heatmap ``(B, h, w)``, offsets ``(B, 2, h, w)``.

        Where the network tells how far its looks disagree, that is a third channel of the offsets.

        With a part (rows, columns of the images from the top left) probabilities may end behind it.
        """
        asked = () if part is None else (part,)
        steps = _USUAL_STEPS + int(math.log2(self._request.scale))
        with mixed_precision(self._device):
            maps = self._network(images.contiguous(memory_format=torch.channels_last), steps, *asked)
        probabilities, heatmap, offsets = network_maps(maps)
        if SPREAD in maps:
            offsets = torch.cat([offsets, maps[SPREAD].float()], dim=1)
        return probabilities, heatmap, offsets

    @torch.inference_mode()
    def _tiled(self, image: NDArray[np.float32], padded: tuple[int, int], load: Load) -> SliceMaps:
        """The weighted mean of overlapping tiles on a grid of the network's divisor."""
        scale, grown = self._request.scale, self._grown(image[None], padded)
        height, width = (min(t, p) for t, p in zip(load.tile, padded, strict=True))
        there = self._device if load.blend_there else torch.device("cpu")
        fine = torch.from_numpy(blend_weights((1, height * scale, width * scale))[0]).to(there)
        coarse = torch.from_numpy(blend_weights((1, height // CELL, width // CELL))[0]).to(there)
        sums: list[torch.Tensor] = []
        for (y, x), found in self._tiles(grown, padded, replace(load, tile=(height, width)), there):
            if not sums:
                sums = [torch.zeros((1 + len(f), *_scaled(padded, f.shape[1], height)), device=there) for f in found]
            for total, maps, weight in zip(sums, found, (fine, coarse, coarse), strict=True):
                top, left = y * maps.shape[1] // height, x * maps.shape[2] // width
                place = total[:, top : top + maps.shape[1], left : left + maps.shape[2]]
                place[:-1] += maps * weight
                place[-1] += weight
        probabilities, heatmap, offsets = (s[:-1].div_(s[-1:])[None] for s in sums)
        return self._kept(probabilities, heatmap[:, 0], offsets)

    def _tiles(
        self, grown: torch.Tensor, padded: tuple[int, int], load: Load, there: torch.device
    ) -> Iterator[tuple[tuple[int, int], list[torch.Tensor]]]:
        """Corner and maps ``(C, h, w)`` of each tile, several being seen at once."""
        corners, (height, width) = list(self._corners(padded, load)), load.tile
        for low in range(0, len(corners), load.batch):
            some = corners[low : low + load.batch]
            seen = self._forward(torch.cat([grown[..., y : y + height, x : x + width] for y, x in some]))
            probabilities, heatmap, offsets = (maps.to(there) for maps in seen)
            for number, corner in enumerate(some):
                yield corner, [probabilities[number], heatmap[number][None], offsets[number]]

    def _corners(self, padded: tuple[int, int], load: Load) -> Iterator[tuple[int, int]]:
        tops, lefts = (
            starts_on_grid(n, t, d, load.overlap)
            for n, t, d in zip(padded, load.tile, self._request.divisor, strict=True)
        )
        for y in tops:
            for x in lefts:
                yield y, x

    def _kept(self, probabilities: torch.Tensor, heatmap: torch.Tensor, offsets: torch.Tensor) -> SliceMaps:
        """What lies in the frame, hardened if that is asked for, in main memory."""
        frame = self._request.frame
        step = CELL * self._request.scale
        kept = probabilities[..., frame.top : frame.top + frame.height, frame.left : frame.left + frame.width].half()
        top, left = frame.top // step, frame.left // step
        rows, columns = -(-frame.height // step), -(-frame.width // step)
        coarse = np.s_[..., top : top + rows, left : left + columns]
        hardening = self._request.hardening
        means = kept if hardening is None else cell_means(kept, step)
        require_finite(means, heatmap, offsets)  # a pixel that is no number is in the mean of its cell
        classes = kept if hardening is None else hardening(kept)
        extra = {} if hardening is None else {"sure": sure_steps(means)}
        if offsets.shape[1] > _OFFSETS:
            extra["spread"] = spread_steps(offsets[:, _OFFSETS][coarse])
        fetched = _arrays(classes, heatmap[coarse], offsets[:, :_OFFSETS][coarse], *extra.values())
        return SliceMaps(*fetched[:3], **dict(zip(extra, fetched[3:], strict=True)))

    def _lighter(self, load: Load, shape: tuple[int, ...]) -> Load | None:
        padded = self._padded_shape(shape)
        tile = min(load.tile[0], padded[0]), min(load.tile[1], padded[1])
        return replace(load, tile=tile).lighter(self._request.divisor)

    def _keep_to(self, load: Load) -> None:
        """Go on with a lighter load from now on, and say so."""
        before, self._load = self._load, load
        if load.batch < before.batch:
            what = f"{load.batch} slices or tiles at a time"
        elif before.blend_there:
            what = "tiles in main memory"
        else:
            what = f"smaller tiles of {load.tile[0]} × {load.tile[1]} px"
        self.notes.append(Note("warning", f"Memory ran out; going on with {what}."))


def starts_on_grid(size: int, tile: int, divisor: int, overlap: float) -> list[int]:
    """Starts of tiles along one axis, on a grid as coarse as the overlap allows.

    That is the network's divisor, or its half, quarter …, where tiles are so small that a step of the divisor would
    leave less overlap than is asked for; always whole cells of the coarse maps.

    Args:
        size: Pixels to cover, a multiple of the divisor.
        tile: Edge of a tile, likewise.
        divisor: Of the network's input.
        overlap: Share of a tile that its neighbour covers at least, 0 to 0.75.
    """
    unit = divisor
    while int(tile // unit * (1 - overlap)) < 1 and unit % (2 * CELL) == 0:
        unit //= 2
    return [start * unit for start in tile_starts(size // unit, tile // unit, overlap)]


@contextlib.contextmanager
def interruptible(network: nn.Module, stop: threading.Event) -> Iterator[None]:
    """Within the block the network stops between two layers once ``stop`` is set."""

    def look(*_: Any) -> None:
        if stop.is_set():
            raise Interrupted

    handles = [module.register_forward_pre_hook(look) for module in network.modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def widest_layer(network: nn.Module, channels: int, divisor: tuple[int, int], device: torch.device) -> float:
    """Bytes per pixel of the image that the largest convolution takes and gives, found by a try on a small image.

    A usual value for networks that do not let one look inside.
    """
    most = 0.0
    rows, columns = (d * max(1, _TRIED_EDGE // d) for d in divisor)

    def look(_: nn.Module, taken: tuple[torch.Tensor, ...], given: torch.Tensor) -> None:
        nonlocal most
        held = taken[0].numel() * taken[0].element_size() + given.numel() * given.element_size()
        most = max(most, held / (rows * columns))

    handles = [m.register_forward_hook(look) for m in network.modules() if isinstance(m, nn.Conv2d | BatchNorm)]
    try:
        with torch.inference_mode(), mixed_precision(device):
            network(torch.zeros((1, channels, rows, columns), device=device), _USUAL_STEPS)
    finally:
        for handle in handles:
            handle.remove()
    return most or _USUAL_LAYER


def network_maps(outputs: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Probabilities ``(B, C, H, W)`` without the background, heatmap ``(B, h, w)`` and offsets ``(B, 2, h, w)``."""
    logits = outputs["sem_logits"].float()
    probabilities = logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=1)[:, 1:]
    return probabilities, outputs["ctr_hmp"][:, 0].float(), outputs["offsets"].float()


def _scaled(padded: tuple[int, int], size: int, tile: int) -> tuple[int, int]:
    return padded[0] * size // tile, padded[1] * size // tile


def _arrays(*maps: torch.Tensor) -> list[NDArray[Any]]:
    """Maps in main memory; of what a GPU is given to do, only these are waited for."""
    device = maps[0].device
    if device.type != "cuda":
        return [values.contiguous().numpy() for values in maps]
    fetched = [values.contiguous().to("cpu", non_blocking=True) for values in maps]
    done = torch.cuda.Event(blocking=True)
    done.record(torch.cuda.current_stream(device))
    done.synchronize()
    return [values.numpy().copy() for values in fetched]
