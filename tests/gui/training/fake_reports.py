"""Reports as the check of the data makes them, from plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.networks.base import ImageFacts

EMBRYO = VoxelSize(z=1.75, y=0.8, x=0.8)


@dataclass(frozen=True)
class FakeProblem:
    level: str
    text: str


@dataclass(frozen=True)
class FakeRow:
    name: str
    shape: tuple[int, int, int] = (51, 120, 120)
    voxel_size: VoxelSize | None = EMBRYO
    objects: int | None = 20
    classes: tuple[int, ...] = ()
    role: str = "train"
    problems: tuple[FakeProblem, ...] = ()


@dataclass(frozen=True)
class FakeReport:
    rows: tuple[FakeRow, ...] = ()
    problems: tuple[FakeProblem, ...] = ()
    object_size: tuple[float, float, float] | None = (8.0, 16.0, 16.0)
    n_channels: int = 1
    dimensions: int = 3
    example: None = None
    class_names: Mapping[int, str] = field(default_factory=dict)

    @property
    def sparse(self) -> None:
        return None

    @property
    def oriented(self) -> bool:
        return False

    @property
    def usable(self) -> tuple[FakeRow, ...]:
        return self.rows

    @property
    def voxel_size(self) -> VoxelSize:
        return EMBRYO

    def facts(self, gpu_memory_gb: float = 0.0) -> ImageFacts:
        return ImageFacts(tuple(row.shape for row in self.rows), self.object_size, EMBRYO, gpu_memory_gb)


@dataclass(frozen=True)
class FakeEstimate:
    steps: int = 800
    seconds_per_step: float = 0.25
    seconds: float = 300.0
    memory_gb: float = 1.2
    disk_gb: float = 0.1
    device: str = "cpu"
    images_gb: float = 0.3
    in_memory: bool = True
