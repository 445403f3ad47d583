"""The recipe ``semantic`` as the user sees it: classes of voxels, then objects of them."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any, ClassVar

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.config.learning import OptimiserName
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.networks.base import NetworkSettings
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.foreign_settings import ForeignSettings
from desktop_app.core.recipes.goals import OBJECTS_2D, OBJECTS_3D, REGIONS
from desktop_app.core.recipes.looks import Mode
from desktop_app.core.recipes.resampling import FARTHEST, ResamplingInfo
from desktop_app.core.recipes.semantic.foreign import settings_of
from desktop_app.core.recipes.semantic.parameters import SemanticDecode, SemanticPrediction, SemanticTraining
from desktop_app.core.recipes.suggested import Finetuning, TrainingFacts

if TYPE_CHECKING:  # it asks the table of recipes when it is validated
    from desktop_app.core.config.model_card import ModelCard
    from desktop_app.core.config.training import TrainingConfig

_FLAT_STACK = 5.0
"""Voxels this many times deeper than wide hold so little of the next slice that regions are learned slice by slice."""
_FEW_SLICES = 8
"""Volumes of fewer slices are seen slice by slice where regions are learned: 3D networks halve the depth thrice."""

_ROOMY_GPU_GB = 8.0
"""From here on a graphics card has room for levels of full size, as for the larger of the panoptic networks."""


_MANY_IMAGES, _STEPS_OF_MANY = 20, 3000
"""Volumes from which, if a patch shows a whole one, so many steps are proposed: steps are quick there, and the usual
ones show each volume but a few times. Hippocampi left out (16 of 80, one seed): mean Dice 0.850 after 789 steps, 0.858
after 1,918, 0.869 after 3,000 (12 minutes of one processor core); of another split 0.859 after 789, 0.871 after 2,053.
"""

_AS_IT_IS = 1.2
"""Pictures of objects at most so many times larger or smaller than those of the training are seen as they are: they are
quicker and keep their outlines, and augmentation shows a network more than that."""

_SIZE_BALANCE = 0.5
"""How much more small objects count in pictures. Beside 0, four minutes of a core, whole groups left out: BBBC038,
splits 1 to 4, F1 0.909, 0.898, 0.901, 0.849 for 0.896, 0.891, 0.894, 0.851, mean AP 0.558 for 0.551; 1 gave 0.894 on
split 3. In volumes nothing is gained: embryos, splits 2 and 3, 0.732, 0.804 for 0.725, 0.833."""

_PARTED = 0.8
"""Share of the merged objects that come apart once this is learned, by judgement."""
_LARGE_OBJECT, _SEEN_OBJECT = 32.0, 24.0
"""Objects that measure more pixels along an edge of a slice are shown as large as the second, px, as with the panoptic
networks: a patch then holds several with what surrounds them. Mitochondria of 54 px in sections left out: F1 0.33 as
they are, 0.86 at 24 px, 0.87 at 16 px (five minutes of a core each)."""
_LEAST_DEPTH = 12.0
"""Slices that an object keeps where volumes are shrunk along z, too: networks that halve thrice see a slice and a half.
"""
_LEAST_EDGE = {True: 96.0, False: 48.0}
"""Pixels that pictures (True) and volumes keep along an edge: of fewer a network sees mostly margins."""
_MOST_SHRUNK = 8.0
"""Beyond, outlines that come back at full size show steps of the shrunk pixels."""
_FEW_IMAGES = 5
"""The model of nuclei that comes with the program found F1 0.63 in other embryos; improved by five volumes, drawn anew
each time, 0.87 and 0.88 where these levels stayed, and 0.83, 0.84 and 0.83 where all learned (550 to 670 steps, 70 to
80 s of a core each). From scratch, such volumes gave 0.52 to 0.83 in 60 s."""


def _bounded(times: float) -> float:
    return min(max(times, FARTHEST[0]), FARTHEST[1])


def _scale_of_large(report: DataReport, *, flat: bool) -> dict[str, float]:
    """The scale at which large objects are learned; nothing where they are not large, or images would be too small."""
    size, edge = report.object_size, min((min(row.shape[1:]) for row in report.usable), default=0)
    if size is None or max(size[1:]) <= _LARGE_OBJECT:
        return {}
    along = round(min(max(size[1:]) / _SEEN_OBJECT, edge / _LEAST_EDGE[flat], _MOST_SHRUNK), 1)
    if along <= 1:
        return {}
    across = 1.0 if flat else round(max(1.0, min(along, size[0] / _LEAST_DEPTH)), 1)
    return {"shrink": along, "shrink_z": across}


class SemanticInfo(ResamplingInfo):
    """Suits most images; serves volumes and single pictures."""

    name = "semantic"
    title = "Regions and objects"
    summary = "Learns which voxels belong to a class, then makes objects of them. Suits most images."
    training = SemanticTraining
    decode = SemanticDecode
    by_hand = "Set “Scale of the image” by hand"
    prediction = SemanticPrediction
    modes = (
        Mode("volume", "As volumes", "The model sees boxes of the volume.", (3,)),
        Mode("slice", "Slice by slice", "Each slice is labelled by itself.", (2,)),
    )
    goals = (OBJECTS_3D, OBJECTS_2D, REGIONS)
    output_words = (
        "Logits of the background and of each class: a softmax over these channels gives probabilities. A channel more "
        "is the depth inside objects, 0 to 1 after a sigmoid."
    )
    together = True
    finetuning = Finetuning(few=_FEW_IMAGES)
    misses = "lower the confidence threshold, or raise the seed threshold"
    inventions = "raise the threshold, the least confidence of an object or the smallest object size"
    remedies: ClassVar[Mapping[Mistake, str]] = {
        Mistake.MERGED: "Label more places where objects touch, and train again; until then, raise the seed threshold "
        "when running it. Objects less than 25 px across also come apart when the image is shrunk by 0.7, so that the "
        "model sees it larger.",
        Mistake.SPLIT: "When running it, raise the least dip between objects, the smoothing before seeds, or the seed "
        "spacing.",
    }

    def network_for(self, facts: TrainingFacts) -> str:
        """A U-Net, for volumes unless their slices stand for themselves; the quick one without a large GPU.

        The quick one makes twice as many steps in the same time. Beside the other, whole groups left out: nuclei in
        pictures, 4 minutes of a core, four splits, mean F1 0.883, 0.872 and AP 0.551, 0.540; mitochondria, 3 minutes,
        two splits, 0.917, 0.930 and 0.582, 0.585, where one of 93 objects is 0.01.
        """
        network = "unet" if facts.gpu_memory_gb >= _ROOMY_GPU_GB else "quick_unet"
        return f"{network}2d" if self._is_flat(facts) else f"{network}3d"

    @staticmethod
    def _is_flat(facts: TrainingFacts) -> bool:
        """Whether slices stand for themselves."""
        report, goal = facts.report, facts.goal
        if report.dimensions == 2 or goal.dimensions is not None:
            return report.dimensions == 2 or goal.dimensions == 2
        slices = max((row.shape[0] for row in report.usable), default=1)
        thick = report.voxel_size.known and report.voxel_size.anisotropy >= _FLAT_STACK
        return slices < _FEW_SLICES or thick

    def optimiser_for(self, network: str) -> OptimiserName:
        """Muon where it suits the network.

        Beside AdamW in as much time, 2 to 4 minutes of one core, one split left out of each set: hippocampi Dice 0.875,
        0.828; axons 0.662, 0.585; mitochondria F1 0.870, 0.718; nuclei in pictures 0.906, 0.813; in embryos 0.743,
        0.682.
        """
        return "muon" if NETWORKS[network].muon else "adamw"

    def steps_for(self, report: DataReport, network: str, settings: NetworkSettings) -> int:
        """More where there are many volumes, each as large as a patch."""
        shapes = [row.shape for row in report.usable]
        if NETWORKS[network].dimensions == 2 or len(shapes) < _MANY_IMAGES:
            return self.steps
        usual = [median(sizes) for sizes in zip(*shapes, strict=True)]
        whole = all(size <= edge for size, edge in zip(usual, settings.patch_size, strict=True))
        return _STEPS_OF_MANY if whole else self.steps

    def parameters_for(self, facts: TrainingFacts) -> dict[str, Any]:
        """Objects are made of class labels, too, where the goal is to find some; large ones are seen smaller."""
        if facts.goal.kind != "objects":
            return {}
        made: dict[str, Any] = {"result": "objects"} if facts.dataset.kind == "classes" else {}
        flat = self._is_flat(facts)
        made |= {"size_balance": _SIZE_BALANCE} if flat and facts.dataset.kind == "objects" else {}
        return made | _scale_of_large(facts.report, flat=flat)

    def remedy(self, mistake: Mistake, parameters: Mapping[str, Any]) -> str:
        """Objects that touch are parted where that is learned."""
        if mistake is Mistake.MERGED and not self.training.model_validate(parameters).separate_objects:
            return "Train again with “Learn to separate touching objects” switched on."
        return super().remedy(mistake, parameters)

    def repaired(self, mistake: Mistake, parameters: Mapping[str, Any]) -> float:
        """Most objects come apart once that is learned."""
        if mistake is Mistake.MERGED and not self.training.model_validate(parameters).separate_objects:
            return _PARTED
        return super().repaired(mistake, parameters)

    def gives_classes(self, decode: Mapping[str, Any]) -> bool:
        """Whether labels are class values, not objects."""
        return decode.get("objects") == "classes"

    def useful_choices(self, config: TrainingConfig) -> dict[str, bool]:
        """What is learned of single objects counts where the labels number these."""
        numbered = config.dataset.kind == "objects"
        chosen = SemanticTraining.model_validate(config.recipe_parameters)
        return {
            "separate_objects": numbered,
            "depth_weight": numbered and chosen.separate_objects,
            "touching_weight": numbered,
            "touching_width": numbered and chosen.touching_weight > 0,
            "size_balance": numbered,
        }

    def seen_at(self, card: ModelCard, volume: Volume, times: float) -> dict[str, float]:
        """The image shrunk so many times; volumes also so that voxels are as thick as those the model learned from."""
        if card.dimensions == 2:
            return {"shrink": 1.0 if 1 / _AS_IT_IS < times < _AS_IT_IS else round(_bounded(times), 3)}
        own, here = (s.anisotropy if s.known else 1.0 for s in (card.voxel_size, volume.voxel_size))
        return {"shrink": round(_bounded(times), 3), "shrink_z": round(_bounded(times * own / here), 3)}

    def exact_scales(self, parameters: Mapping[str, Any]) -> tuple[float, float]:
        """As the parameters say."""
        return float(parameters.get("shrink_z", 1.0)), float(parameters.get("shrink", 1.0))

    def sized(self, card: ModelCard, parameters: Mapping[str, Any], size: VoxelSize, times: float) -> dict[str, Any]:
        """Images shrunk so many times; volumes also so that voxels are as thick as those that the model knows."""
        wanted = {"shrink": round(_bounded(times), 2)}
        if card.dimensions == 3:
            own, here = (s.anisotropy if s.known else 1.0 for s in (card.voxel_size, size))
            wanted["shrink_z"] = round(_bounded(times * own / here), 2)
        return {} if all(parameters.get(name, 1.0) == value for name, value in wanted.items()) else wanted

    def sized_words(self, changes: Mapping[str, Any]) -> str:
        """As a share of the size."""
        return f"{1 / changes['shrink']:.2g} times the size"

    def learning_words(self, parameters: Mapping[str, Any]) -> str:
        """Also where images are made larger."""
        _, scale = self.exact_scales(parameters)
        return "" if scale == 1 else f", cut from images at {1 / scale:.2g} times their size"

    def settings_of(self, document: Mapping[str, Any]) -> ForeignSettings | None:
        """Settings of easyreg's segmentation and of mmv_im2im's."""
        return settings_of(document)


SEMANTIC = SemanticInfo()
