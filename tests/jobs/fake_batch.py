"""Batches with a model that calls everything bright a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.job import CaseUpdate, Progress, RecordingContext
from desktop_app.io.tables import read_csv
from desktop_app.jobs.batch.infer import BatchResult, run_inference
from tests.cards import semantic_card
from tests.image_files import saved

SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")


@dataclass
class FakeMaps:
    array: np.ndarray
    channels: tuple[str, ...] = ("class:Cell",)
    closed: bool = False
    pending: bool = False

    @property
    def nbytes(self) -> int:
        return self.array.nbytes

    @property
    def shape(self) -> tuple[int, int, int]:
        _, z, y, x = self.array.shape
        return z, y, x

    def read(self, region: Region) -> np.ndarray:
        return self.array[(slice(None), *region.slices)].astype(np.float32)

    def close(self) -> None:
        self.closed = True


@dataclass
class FakePredictor:
    """Calls everything above 100 a cell; stumbles where the brightest value is 666."""

    card: ModelCard
    images: list[str] = field(default_factory=list)
    maps: list[FakeMaps] = field(default_factory=list)
    after_each: Any = None
    devices: tuple[Any, ...] = ()
    members: tuple[Any, ...] = ()

    def predict(
        self, volume: Volume, region: Region | None, tiling: Any, ctx: Any, mode: str = "auto", **more: Any
    ) -> FakeMaps:
        ctx.raise_if_cancelled()
        ctx.report(Progress(1, 2, "1 of 2 tiles"))
        self.images.append(volume.name)
        (more["scratch"] / "maps").write_bytes(b"large")
        voxels = volume.read(channel=(more["channels"] or (0,))[0])
        if voxels.max() == 666:
            raise ZeroDivisionError("a bug")
        self.maps.append(FakeMaps((voxels > 100)[None].astype(np.float16)))
        if self.after_each is not None:
            self.after_each()
        return self.maps[-1]


def model_card(**changes: Any) -> ModelCard:
    usual = {"name": "cells", "class_names": ("Cell",), "decode": {"objects": "connected", "min_size": 2}}
    return semantic_card(**{**usual, "voxel_size": SIZE, **changes})


def image(objects: int = 2, shape: tuple[int, int, int] = (4, 20, 30)) -> np.ndarray:
    array = np.full(shape, 10, np.uint16)
    for i in range(objects):
        array[: max(1, shape[0] // 2), 2:5, 4 * i + 1 : 4 * i + 4] = 200 + i
    return array


def save(path: Path, array: np.ndarray, size: VoxelSize = SIZE) -> Path:
    return saved(path, array, size)


def run(folder: Path, out: Path, ctx: RecordingContext | None = None, **changes: Any) -> BatchResult:
    inputs = changes.pop("inputs", (str(folder),))
    config = InferenceConfig(model="cells.vwmodel", inputs=inputs, output=str(out), **changes)
    return run_inference(config, ctx or RecordingContext())


def states(ctx: RecordingContext, index: int) -> list[str]:
    return [e.state for e in ctx.of_kind(CaseUpdate) if e.index == index]


def summary(out: Path) -> list[dict[str, str]]:
    return read_csv(out / "summary.csv")
