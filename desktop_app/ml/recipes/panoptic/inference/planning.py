"""How much of what at a time, so that memory stays within its budget."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

from desktop_app.ml.inference.engine import Way
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.inference.network import Load, widest_layer
from desktop_app.ml.recipes.panoptic.inference.reading import SliceReader

_LAYERS_AT_ONCE = 4.0
_CLASS_BYTES = 12
_SHARES = {"network": 0.4, "slab": 0.08, "waiting": 0.2, "objects": 0.2, "runs": 0.1}
_SHARE_OF_GPU = 0.6
_SUM_BYTES, _SHARE_OF_SUMS = 12, 0.4
THREADS_PER_GPU = 2
"""Threads that serve a copy of the network on a GPU, so that it computes while maps are fetched."""
_MOST_BATCH = {"cpu": 1, "cuda": 8}
_MOST_SLICES = 64
_OBJECT_BYTES_PER_PIXEL = {False: 24, True: 56}
_MOST_THREADS = 8
_MOST_PROCESSES = 12
_PROCESS_BYTES = 120 * 2**20
_SPARED = 2
_SLICES_PER_PROCESS = 8
_WORTH_PROCESSES = 128 * 1024**2
_LEAST_TILE = 128


@dataclass(frozen=True, slots=True)
class Plan:
    """How a stack is gone through.

    Attributes:
        load: What the network gets at a time.
        copies: Of the network on each device.
        batch: Slices that are read and given to the network together.
        slab_bytes: Raw voxels read at once.
        ahead: Batches of maps that may be under way or wait.
        workers: For making objects of maps.
        processes: Whether these are processes.
        run_bytes: Runs kept in memory.
        least_bytes: Memory that a single slice takes on its way.
    """

    load: Load
    copies: int
    batch: int
    slab_bytes: int
    ahead: int
    workers: int
    processes: bool
    run_bytes: int
    least_bytes: int


def planned(predictor: Predictor, reader: SliceReader, way: Way, tile_size: int, fine: bool = False) -> Plan:
    """A plan for the slices of a region.

    Tiles do not depend on the number of copies of the network, so that results do not either; only as many copies work
    as the memory allows.

    Args:
        predictor: The model.
        reader: The slices.
        way: Memory budget (a GPU's own memory counts apart), overlap of tiles, and how many copies are wished.
        tile_size: As the user wishes it, in pixels before downsampling; 0 leaves it to the plan.
        fine: Whether objects are told apart at full resolution.
    """
    budget = way.tiling.memory_gb * 2**30
    load, copies = _load(predictor, reader, way, tile_size, budget * _SHARES["network"])
    pixels = max(1, reader.frame.height * reader.frame.width)
    classes = max(1, predictor.card.output_channels)
    batch = min(load.batch, reader.count, max(1, int(budget * _SHARES["waiting"] / 4) // (pixels * 2 * (2 + classes))))
    waiting = int(budget * _SHARES["waiting"]) // (batch * pixels * (1 + 2 * classes))
    on_gpu = predictor.device.type == "cuda"
    room = budget * (_SHARES["objects"] + (_SHARES["network"] if on_gpu else 0.0))
    workers, processes = _workers(on_gpu, reader.count, pixels, room, _OBJECT_BYTES_PER_PIXEL[fine])
    slab = min(int(budget * _SHARES["slab"]), _MOST_SLICES * pixels * reader.volume.dtype.itemsize)
    return Plan(
        load=load,
        copies=copies,
        batch=batch,
        slab_bytes=slab if reader.plane.depth_axis == 0 else int(budget * _SHARES["slab"]),
        ahead=max(2, min(waiting, 16)),
        workers=workers,
        processes=processes,
        run_bytes=int(budget * _SHARES["runs"]),
        least_bytes=pixels * (_OBJECT_BYTES_PER_PIXEL[fine] + 2 * (1 + 2 * classes)),
    )


def _workers(on_gpu: bool, slices: int, pixels: int, room: float, pixel_bytes: int) -> tuple[int, bool]:
    """How many make objects, and whether in processes: behind a GPU where there is enough to do for them to pay."""
    processors = os.cpu_count() or 1
    fitting = int(room / (pixels * pixel_bytes))
    many = int(room / (pixels * pixel_bytes + _PROCESS_BYTES))
    wanted = min(_MOST_PROCESSES, processors - _SPARED, many, slices // _SLICES_PER_PROCESS)
    if on_gpu and pixels * slices >= _WORTH_PROCESSES and wanted > 1:
        return wanted, True
    return max(1, min(_MOST_THREADS, processors, fitting)), False


def _load(predictor: Predictor, reader: SliceReader, way: Way, tile_size: int, share: float) -> tuple[Load, int]:
    """The whole slice if the memory allows, several on a GPU; else tiles. And how many copies of the network fit."""
    divisor = predictor.card.divisor[1], predictor.card.divisor[2]
    rows, columns = (-(-n // d) * d for n, d in zip(reader.input_shape, divisor, strict=True))
    device = predictor.device
    room = _room(device, share)
    if predictor.layer_bytes is None:
        predictor.layer_bytes = widest_layer(predictor.network, predictor.card.input_channels, divisor, device)
    outputs = _CLASS_BYTES * predictor.card.output_channels * reader.downsampling**2
    per_pixel = predictor.layer_bytes * _LAYERS_AT_ONCE + outputs
    threads = THREADS_PER_GPU if device.type == "cuda" else 1
    most = max(1, int(room / per_pixel / threads))
    if tile_size > 0:
        wanted = -(-tile_size // reader.downsampling)
        edges = [max(d, -(-wanted // d) * d) for d in divisor]
    elif rows * columns <= most:
        edges = [rows, columns]
    else:
        edges = [max(d, _LEAST_TILE // d * d, int(most**0.5) // d * d) for d in divisor]
    tile = min(rows, edges[0]), min(columns, edges[1])
    batch = max(1, min(_MOST_BATCH.get(device.type, 1), most // (tile[0] * tile[1] * way.replicas)))
    copies = max(1, min(way.replicas, most // (tile[0] * tile[1] * batch)))
    sums = rows * columns * _SUM_BYTES * (1 + predictor.card.output_channels) * reader.downsampling**2
    blend_there = device.type == "cuda" and tile != (rows, columns) and copies * threads * sums < _SHARE_OF_SUMS * room
    return Load((edges[0], edges[1]), batch, way.tiling.overlap, blend_there), copies


def _room(device: torch.device, share: float) -> float:
    """Bytes that the network's layers may take."""
    if device.type != "cuda":
        return share
    free, _ = torch.cuda.mem_get_info(device)
    return _SHARE_OF_GPU * free
