"""What is known of a network without torch: the record that stands for it, and what it is told of images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging import Index3, VoxelSize

Dimensions: TypeAlias = Literal[2, 3]
Norm: TypeAlias = Literal["batch", "group"]

NEW_NORM: Norm = "batch"
"""What new networks have: in group normalisation a place looks different with what else is in the tile."""


def norm_field() -> Any:
    """Which normalisation a network has; models of earlier versions, which do not say it, have groups."""
    return Field(
        default="group",
        title="Normalisation",
        json_schema_extra=field_extra(advanced=True),
        description="Batch normalisation sees a place alike whatever lies around it, so that empty places stay empty. "
        "Group normalisation is what models of earlier versions have: they can be improved, a new one begins with "
        "batch.",
    )


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a network may know of images and computer before it is built.

    Attributes:
        sizes: Of the images (z, y, x), in voxels.
        object_size: Typical extent of an object (z, y, x) in voxels, None where it is not known.
        voxel_size: Edges of a voxel.
        gpu_memory_gb: Memory of the graphics card in GB, 0 without one.
    """

    sizes: tuple[Index3, ...]
    object_size: tuple[float, float, float] | None = None
    voxel_size: VoxelSize = field(default_factory=VoxelSize.unknown)
    gpu_memory_gb: float = 0.0

    def at_scale(self, along: float, across: float = 1.0) -> ImageFacts:
        """The same images where a network sees them ``along`` times smaller in y and x, ``across`` times in z."""
        size, voxel = self.object_size, self.voxel_size
        scaled = {"z": voxel.z * across, "y": voxel.y * along, "x": voxel.x * along}
        return replace(
            self,
            sizes=tuple((max(1, int(z / across)), int(y / along), int(x / along)) for z, y, x in self.sizes),
            object_size=size and (size[0] / across, size[1] / along, size[2] / along),
            voxel_size=voxel.model_copy(update=scaled),
        )


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """What suits a network on given data.

    Attributes:
        arguments: Of the network.
        patch_size: (z, y, x) in voxels, multiples of the network's divisor.
        batch_size: Patches per step.
    """

    arguments: dict[str, Any]
    patch_size: Index3
    batch_size: int


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """A network as the user and all code without torch know it.

    Attributes:
        name: Key in files and on the command line.
        title: Shown to the user.
        summary: One sentence: when to choose it.
        dimensions: 2 or 3.
        arguments: Model of its arguments.
        recipes: Recipes that can use it.
        divisor: From its arguments, of what the sizes of its input (z, y, x) must be multiples.
    """

    name: str
    title: str
    summary: str
    dimensions: Dimensions
    arguments: type[Parameters]
    recipes: tuple[str, ...]
    divisor: Callable[[Any], Index3]


@dataclass(frozen=True, slots=True)
class TrainableNetwork(NetworkInfo):
    """A network that can be trained here.

    Attributes:
        suggest: Arguments, patch and patches per step that suit given data.
        stages: From its arguments, how many parts can be frozen, from the image inwards.
        least: How many times the divisor the largest edge of a patch must be; where it is one, the coarsest map of a
            patch may be a single voxel.
        special: Whether it is offered among further networks, for those who know what they want.
        anew: Arguments of new networks that are other than the defaults, which stand for models that do not say them.
        reach: Pixels that its view spans at least; of smaller patches it has not learned what may lie that far away,
            and what it says then changes with it. 0: its view ends nearer, or fades.
        by_channel: Whether a processor learns quicker where the values of a channel lie side by side in memory, not
            those of a voxel, by ``tests/benchmarks/bench_networks.py --orders``.
        muon: Whether Muon suits it. Not V-Net, whose wide kernels make its steps 2.7 times as long on a processor, nor
            networks of single-voxel and depthwise kernels, which Muon does not help: after 16 steps on phantoms a loss
            of 0.069 for 0.043.
        paper: Who published it, when and where, as “Milletari et al. 2016, arXiv 1606.04797”; several with semicolons.
    """

    suggest: Callable[[ImageFacts], NetworkSettings]
    stages: Callable[[Any], int]
    least: int = 2
    special: bool = False
    anew: Mapping[str, Any] = field(default_factory=dict)
    reach: int = 0
    by_channel: bool = False
    muon: bool = True
    paper: str = ""
