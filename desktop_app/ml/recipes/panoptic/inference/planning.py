"""How much of the slices the network gets at a time, so that memory stays within its budget."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from desktop_app.core.config.model_card import ModelCard
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.ml.inference.learned_tiles import learned_tile
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.inference.reading import SliceReader
from desktop_app.ml.recipes.panoptic.inference.slice_network import Load, widest_layer

_LAYERS_AT_ONCE = 4.0
"""So many of its widest layer a network holds at once (measured on both panoptic networks)."""
_CLASS_BYTES = 12
"""Of a pixel and class behind the network: logits, probabilities and what rendering makes, float32 each."""
_SHARES = {"network": 0.4, "slab": 0.08, "waiting": 0.2}
"""Of the memory budget; what remains is for objects and runs."""
_SHARE_OF_GPU = 0.6
"""Of a GPU's free memory: the rest is for what libraries and fragmentation take."""
_SUM_BYTES, _SHARE_OF_SUMS = 12, 0.4
"""Bytes of a pixel and class where tiles are put together; beyond this share of the room they are in main memory."""
THREADS_PER_GPU = 2
"""Threads that serve a copy of the network on a GPU, so that it computes while maps are fetched."""
_MOST_BATCH = {"cpu": 1, "cuda": 8}
"""Slices at once: a CPU is busy with one, and eight fill a GPU."""
_MOST_SLICES = 64
"""Slices that are read at once along z, where more are no faster."""
_MOST_WAITING = 16
"""Batches of maps under plan."""
_LEAST_TILE = 128
"""Pixels of a tile's edge that a plan chooses by itself."""


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """How slices go through the network.

    Attributes:
        load: What the network gets at a time.
        copies: Of the network on each device.
        batch: Slices that are read and given to the network together.
        slab_bytes: Raw voxels read at once.
        ahead: Batches of maps that may be under way or wait.
    """

    load: Load
    copies: int
    batch: int
    slab_bytes: int
    ahead: int


def network_plan(predictor: Predictor, reader: SliceReader, plan: InferencePlan, tile_size: int) -> NetworkPlan:
    """How the slices of a region go through the network.

    Tiles do not depend on the number of copies of the network, so that results do not either; only as many copies work
    as the memory allows.

    Args:
        predictor: The model.
        reader: The slices.
        plan: Memory budget (a GPU's own memory counts apart), overlap of tiles, and how many copies are wished.
        tile_size: As the user wishes it, in pixels before it is shrunk; 0 leaves it to the plan.
    """
    budget = plan.tiling.memory_gb * 2**30
    load, copies = _load(predictor, reader, plan, tile_size, budget * _SHARES["network"])
    pixels = max(1, reader.frame.height * reader.frame.width)
    classes = max(1, predictor.card.output_channels)
    # A fourth of what waits is in the making.
    batch = min(load.batch, reader.count, max(1, int(budget * _SHARES["waiting"] / 4) // (pixels * 2 * (2 + classes))))
    waiting = int(budget * _SHARES["waiting"]) // (batch * pixels * (1 + 2 * classes))
    slab = min(int(budget * _SHARES["slab"]), _MOST_SLICES * pixels * reader.volume.dtype.itemsize)
    return NetworkPlan(
        load=load,
        copies=copies,
        batch=batch,
        slab_bytes=slab if reader.plane.depth_axis == 0 else int(budget * _SHARES["slab"]),
        ahead=max(2, min(waiting, _MOST_WAITING)),
    )


def _load(
    predictor: Predictor, reader: SliceReader, plan: InferencePlan, tile_size: int, share: float
) -> tuple[Load, int]:
    """The whole slice if the memory allows, several on a GPU; else tiles. And how many copies of the network fit."""
    divisor = predictor.card.divisor[1], predictor.card.divisor[2]
    rows, columns = (-(-n // d) * d for n, d in zip(reader.input_shape, divisor, strict=True))
    device = predictor.device
    room = _room(device, share)
    if predictor.layer_bytes is None:
        predictor.layer_bytes = widest_layer(predictor.network, predictor.card.input_channels, divisor, device)
    outputs = _CLASS_BYTES * predictor.card.output_channels * reader.scale**2
    per_pixel = predictor.layer_bytes * _LAYERS_AT_ONCE + outputs
    threads = THREADS_PER_GPU if device.type == "cuda" else 1
    most = max(1, int(room / per_pixel / threads))
    if tile_size > 0:
        wanted = -(-tile_size // reader.scale)
        edges = [max(d, -(-wanted // d) * d) for d in divisor]
    elif rows * columns <= most:
        edges = [rows, columns]
    else:
        edges = [max(d, _LEAST_TILE // d * d, int(most**0.5) // d * d) for d in divisor]
    if tile_size == 0:
        edges = [min(pair) for pair in zip(edges, _known_edges(predictor.card, divisor), strict=True)]
    tile = min(rows, edges[0]), min(columns, edges[1])
    batch = max(1, min(_MOST_BATCH.get(device.type, 1), most // (tile[0] * tile[1] * plan.replicas)))
    copies = max(1, min(plan.replicas, most // (tile[0] * tile[1] * batch)))
    sums = rows * columns * _SUM_BYTES * (1 + predictor.card.output_channels) * reader.scale**2
    blend_there = device.type == "cuda" and tile != (rows, columns) and copies * threads * sums < _SHARE_OF_SUMS * room
    return Load((edges[0], edges[1]), batch, plan.tiling.overlap, blend_there), copies


def _known_edges(card: ModelCard, divisor: tuple[int, int]) -> list[int]:
    """Rows and columns of the largest tile in which a network has learned what lies around a place."""
    return [max(d, edge // d * d) for d, edge in zip(divisor, learned_tile(card)[1:], strict=True)]


def _room(device: torch.device, share: float) -> float:
    """Bytes that the network's layers may take."""
    if device.type != "cuda":
        return share
    free, _ = torch.cuda.mem_get_info(device)
    return _SHARE_OF_GPU * free
