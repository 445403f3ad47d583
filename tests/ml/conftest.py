from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.learning import OptimisationParameters, ValidationParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Small networks are fastest on one thread, and results then never depend on the machine."""
    torch.set_num_threads(1)


@pytest.fixture
def write_pair(tmp_path: Path) -> Callable[..., PairConfig]:
    """Writes an image with labels as TIFF, and gives the pair."""

    def write(name: str, image: NDArray[np.generic], labels: NDArray[np.generic], **details: object) -> PairConfig:
        paths = []
        for part, array in (("image", image), ("labels", labels)):
            path = tmp_path / f"{name}_{part}.tif"
            axes = "YX" if array.ndim == 2 else "ZYX"
            tifffile.imwrite(path, array, imagej=True, metadata={"axes": axes, "spacing": 1.0, "unit": "um"})
            paths.append(str(path))
        return PairConfig(name=name, image=paths[0], labels=paths[1], **details)  # type: ignore[arg-type]

    return write


@pytest.fixture
def phantom_pairs(write_pair: Callable[..., PairConfig]) -> Callable[[int], tuple[PairConfig, ...]]:
    """As many small volumes of nuclei as wanted."""

    def make(count: int) -> tuple[PairConfig, ...]:
        pairs = []
        for seed in range(count):
            made = nuclei_phantom(PhantomParameters(shape=(12, 40, 40), nuclei=8, radius=6), seed=seed)
            pairs.append(write_pair(f"volume{seed}", made.image, made.truth))
        return tuple(pairs)

    return make


@pytest.fixture
def tiny_config(tmp_path: Path) -> Callable[..., TrainingConfig]:
    """A configuration that trains in a second."""

    def make(pairs: tuple[PairConfig, ...], steps: int = 4, run: str = "run", **changes: object) -> TrainingConfig:
        config = TrainingConfig(
            name="tiny",
            output=str(tmp_path / run),
            dataset=DatasetConfig(pairs=pairs, class_names=("Nucleus",)),
            network_arguments={"channels": 4, "levels": 2},
            patch_size=(8, 24, 24),
            optimisation=OptimisationParameters(iterations=steps, batch_size=2, learning_rate=1e-2),
            validation=ValidationParameters(every=max(1, steps // 2)),
            device="cpu",
        )
        return TrainingConfig.model_validate({**config.model_dump(), **changes})

    return make
