"""The recipe ``embedding`` as the user sees it: voxels that point at the centres of their objects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any, ClassVar

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.recipes.base import MAP_BYTES
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.embedding.foreign import settings_of
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode, EmbeddingTraining
from desktop_app.core.recipes.foreign_settings import ForeignSettings
from desktop_app.core.recipes.goals import OBJECTS_2D, OBJECTS_3D
from desktop_app.core.recipes.looks import Mode
from desktop_app.core.recipes.resampling import ResamplingInfo
from desktop_app.core.recipes.scores import Score
from desktop_app.core.recipes.suggested import TrainingFacts
from desktop_app.core.recipes.suggestion import Advice

if TYPE_CHECKING:
    from desktop_app.core.config.model_card import ModelCard

_SPAN_OVER_EXTENT = 4.0
"""Arrows may be four times as long as a usual object: the longest objects are seldom longer, and short arrows are far
from where their length saturates."""
_LEAST_SPAN = 8.0
"""Pixels that an arrow may be long at least: objects of one or two pixels still point a few pixels far."""
_BOX_SHARE = {2: math.pi / 4, 3: math.pi / 6}
"""Share of its box that an ellipse or an ellipsoid fills."""
_WEIGHTS = (1.0, 100.0)
"""Bounds of the foreground weight that follows from data; of published sets it was 1.7 to 217 (Lalit et al. 2021), and
beyond 100 the background is no longer learned in short trainings."""

_CUBIC = 1.25
"""Edges of voxels that differ by less are as good as cubes; random scaling in training covers 15 percent."""
_LEAST_DEPTH = 16
"""Slices of a volume in which whole objects are worth looking for; a network that halves thrice sees fewer as two."""
SMALLEST_SHARE = 0.25
"""Of the voxels of a small object of the labels: what is smaller is taken for a mistake. As the form advises."""
SEEDS, ARROWS = "_seeds", "_arrows"
"""Ends of the names of files with maps."""


class EmbeddingInfo(ResamplingInfo):
    """Suits crowded objects that touch; learns from objects alone."""

    name = "embedding"
    title = "Objects by their centres (embeddings)"
    summary = (
        "Every voxel points at the centre of its object. Suits crowded objects of similar shape that touch, with time "
        "to learn: after four minutes on a processor, “Regions and objects” found more nuclei in volumes."
    )
    training = EmbeddingTraining
    decode = EmbeddingDecode
    modes = (
        Mode("volume", "As volumes", "The model sees boxes of the volume.", (3,)),
        Mode("slice", "Slice by slice", "Each slice is labelled by itself.", (2,)),
        Mode(
            "ortho",
            "Three directions",
            "A model of pictures looks at slices along x, y and z, and finds objects of the volume. For cubic voxels; "
            "takes three times as long.",
            (2,),
            every_plane=True,
        ),
    )
    goals = (OBJECTS_3D, OBJECTS_2D)
    label_kinds = ("objects",)
    map_words = "seeds and arrows"
    further_results = (SEEDS, ARROWS)
    further_words = (
        "Seeds (percent) and directions of arrows (degrees) are saved beside each result, in files that end in _seeds "
        "and _arrows."
    )
    scores = (
        Score(
            "ap",
            "Objects found and outlined",
            "Right finds over right, false and missed ones, averaged over overlaps of 0.5 to 0.9.",
            "AP",
            "found and outlined (AP)",
        ),
    )
    output_words = (
        "Arrows to the centre of the object, one channel for each axis (z, y, x): pixels once a tanh is taken and "
        "multiplied by the longest arrow. Then sigmas, as many; last the seed, 0 to 1 after a sigmoid."
    )
    together = True
    misses = "lower the seed threshold"
    remedies: ClassVar[Mapping[Mistake, str]] = {
        Mistake.MERGED: "Label more places where objects touch, and train again; until then, lower the free share of a "
        "new object when running it.",
        Mistake.SPLIT: "When running it, raise the free share of a new object and the smallest object size.",
        Mistake.MISSED: "Label more objects like those that were missed, and train again; until then, lower the seed "
        "threshold when running it.",
        Mistake.INVENTED: "When running it, raise the seed threshold.",
    }
    inventions = "raise the seed threshold or the smallest object size"

    def network_for(self, facts: TrainingFacts) -> str:
        """The published network with a graphics card; without, U-Nets, which are several times faster.

        In volumes the quick one: in four minutes of a core it found F1 0.83 in embryos left out, the residual one 0.64.
        """
        flat = facts.report.dimensions == 2 or facts.goal.dimensions == 2
        if facts.gpu_memory_gb > 0:
            return "erfnet2d" if flat else "erfnet3d"
        return "unet2d" if flat else "quick_unet3d"

    def parameters_for(self, facts: TrainingFacts) -> dict[str, Any]:
        """Half of the steps on kept patches; size of the objects, and how many times more background there is."""
        size = facts.report.object_size
        if size is None:
            return {"kept_steps": self.steps // 2}
        flat = facts.report.dimensions == 2 or facts.goal.dimensions == 2
        extent = max(size[1:])
        found: dict[str, Any] = {"kept_steps": self.steps // 2}
        found |= {
            "span": max(_LEAST_SPAN, round(_SPAN_OVER_EXTENT * extent)),
            "first_radius": max(1.0, round(extent / 2, 1)),
        }
        weight = foreground_weight(facts.report, flat=flat)
        return found if weight is None else found | {"foreground_weight": weight}

    def with_steps(self, parameters: Mapping[str, Any], before: int, after: int) -> dict[str, Any]:
        """Kept patches are used for the same share of the steps."""
        kept = self.training.model_validate(parameters).kept_steps
        return {**parameters, "kept_steps": round(kept * after / before)}

    def smallest_object(self, report: DataReport, *, flat: bool) -> int | None:
        """A quarter of a small object; what cross-sections of volumes measure was not looked at."""
        sizes = [row.small_object for row in report.usable if row.small_object]
        if not sizes or (flat and report.dimensions == 3):
            return None
        return max(1, round(SMALLEST_SHARE * median(sizes)))

    def keeps_further(self, mode: str, decode: Mapping[str, Any]) -> bool:
        """Whether seeds and arrows are written, too."""
        return bool(decode.get("keep_maps"))

    def working_bytes(self, card: ModelCard, mode: str) -> int:
        """Where three directions are seen, those of one and what they have together."""
        together = 2 * 3 + 1 if self.sees_every_plane(mode) else 0
        return super().working_bytes(card, mode) + MAP_BYTES * together

    def suggestions(self, card: ModelCard, volume: Volume, plane: Plane | None = None) -> tuple[Advice, ...]:
        """Three directions, for a model of pictures and a volume of cubic voxels."""
        if card.dimensions == 3 or not volume.voxel_size.known or min(volume.shape) < _LEAST_DEPTH:
            return ()
        if volume.voxel_size.anisotropy > _CUBIC:
            return ()
        reason = "Voxels are cubic: in three directions, a model of pictures finds whole objects."
        return (Advice("mode", "mode", "ortho", reason),)

    def doubts(self, volume: Volume, mode: str, prediction: Mapping[str, Any]) -> tuple[str, ...]:
        """Three directions of a volume whose voxels are much longer one way, and are shown so."""
        size = volume.voxel_size
        if prediction.get("resample") or not self.sees_every_plane(mode) or not size.known or size.anisotropy <= _CUBIC:
            return ()
        return (
            f"Voxels are {size.anisotropy:.2g} times longer one way than another; across that, slices look unlike what "
            "the model learned. Switch on “Bring to the model's voxel size” (--set prediction.resample=true).",
        )

    def settings_of(self, document: Mapping[str, Any]) -> ForeignSettings | None:
        """Those of mmv_im2im and EmbedSeg."""
        return settings_of(document)


def foreground_weight(report: DataReport, *, flat: bool) -> float | None:
    """How many times more voxels lie outside of objects than inside, by the number and the usual size of objects."""
    ratios = []
    for row in report.usable:
        if not row.objects or row.object_size is None:
            continue
        share = _BOX_SHARE[2 if flat and row.shape[0] == 1 else 3]
        inside = row.objects * math.prod(row.object_size) * share
        ratios.append(max(0.0, math.prod(row.shape) - inside) / max(1.0, inside))
    if not ratios:
        return None
    return round(max(_WEIGHTS[0], min(_WEIGHTS[1], sum(ratios) / len(ratios))), 1)


EMBEDDING = EmbeddingInfo()
