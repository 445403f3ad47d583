"""The recipe ``panoptic`` as the user sees it: objects of single slices, joined through the volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.config.foreign import ForeignDescription
from desktop_app.core.imaging import Index3, Plane, Volume
from desktop_app.core.networks.base import NetworkSettings
from desktop_app.core.networks.panoptic import ENCODER_WITH_WEIGHTS
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.goals import Goal
from desktop_app.core.recipes.looks import Mode
from desktop_app.core.recipes.panoptic.fit import squeezed, suited
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction, PanopticTraining
from desktop_app.core.recipes.panoptic.training import FINETUNE_STEPS, STEPS, VALIDATIONS, scale_for, suggested
from desktop_app.core.recipes.suggested import Finetuning, SuggestedTraining, TrainingFacts
from desktop_app.core.recipes.suggestion import Advice

if TYPE_CHECKING:
    from desktop_app.core.config.model_card import ModelCard
    from desktop_app.core.config.training import TrainingConfig

_RUN_BYTES = 1
"""Bytes on disk for each voxel of a stack: objects are kept as stretches of voxels, of which most slices have few."""
_MORE_LAYERS = {
    "none": "only the part that finds objects has learned. Try again with “Stage4” as layers that learn",
    "stage4": "only the last layers have learned. Try again with “All” as layers that learn",
}

ORGANELLES = Goal(
    "organelles",
    "Outline objects in electron microscopy slices",
    "Outlines them slice by slice and joins them through the volume; learns from few small patches.",
    "Mitochondria, nuclei, droplets; with membranes or cytoplasm as regions, if you like",
    2,
    "objects",
    "EM",
    "objects in slices of electron microscopy, joined through the volume",
    "organelles",
)


class PanopticInfo(RecipeInfo):
    """Made for electron microscopy. Sees single slices of any plane, and shrunk if that suits them better."""

    name = "panoptic"
    title = "Objects of slices, joined (panoptic)"
    summary = "Outlines objects in single slices and joins them through the volume. Made for electron microscopy."
    training = PanopticTraining
    decode = PanopticDecode
    prediction = PanopticPrediction
    modes = (
        Mode("stack", "Stack", "Slice after slice; objects are followed through the slices. Right for thick slices."),
        Mode(
            "ortho",
            "Three directions",
            "As a stack along x, y and z, then what they agree on. Best for cubic voxels; takes three times as long. "
            "Not where previews are good in xy and poor in xz and yz.",
            every_plane=True,
        ),
        Mode("slice", "Single slices", "Each slice by itself, for stacks of unrelated pictures."),
    )
    goals = (ORGANELLES,)
    color = True
    every_gpu = True
    largest_check = (16, 1024, 1024)  # voxels (z, y, x): slices are large, and each is seen by itself
    advice: ClassVar[Mapping[str, str]] = {
        "iterations": "500 to 1,000 from scratch; more with more classes, more patches or a larger network. 100 to 200 "
        "with 16 patches to finetune a model that reaches an IoU of about 0.3 already. Stop any time: the best state "
        "is kept.",
        "batch_size": "16 where memory allows: batch normalisation takes mean and spread from all patches of a step, "
        "and few tell them badly. It may be more than there are patches: each is changed at random whenever it is "
        "shown.",
        "learning_rate": "0.003 with 16 patches per step, 0.001 with 4, also to finetune.",
        "patch_size": "256 suits most; two or three objects side by side. z is 1. The network decides of what the "
        "edges must be multiples.",
    }
    scale_parameter = "downsampling"
    plane_parameter = "plane"
    region_parameter = "stuff"
    layers_parameter = "finetune_layers"
    further_results = tuple(f"_{plane}" for plane in Plane)
    further_words = "What xy, xz and yz found is saved beside each result, in files that end in _xy, _xz and _yz."
    # At a tenth of the rate networks stay what they were; what few patches teach wrongly is undone at the end, when
    # their weights are averaged with those of the start model.
    finetuning = Finetuning(FINETUNE_STEPS, 1.0, VALIDATIONS)
    steps = STEPS
    validations = VALIDATIONS
    output_words = (
        "sem_logits: a logit of each class, through a sigmoid where there is one, else a softmax with the background "
        "first. ctr_hmp: how sure a place is a centre. offsets: pixels (y, x) to the centre; both at a quarter of the "
        "size."
    )
    together = True
    misses = "lower the confidence threshold or the centre threshold"
    remedies: ClassVar[Mapping[Mistake, str]] = {
        Mistake.MERGED: "Label more patches in which objects touch, and train again; until then, switch on fine "
        "boundaries when running it.",
        Mistake.SPLIT: "When running it, raise the centre distance.",
        Mistake.SMALL_MISSED: "When running it, lower the smallest area and the smallest extent; if that does not do, "
        "train at a smaller scale.",
        Mistake.SMALL_INVENTED: "When running it, raise the smallest area.",
    }
    other_size = "set “Scale of the image”, or resample the image."

    def suggest(self, facts: TrainingFacts) -> SuggestedTraining:
        """Panoptic-DeepLab with a GPU of 8 GB or more, else Panoptic-BiFPN."""
        return suggested(facts)

    def network_settings(
        self, report: DataReport, network: str, gpu_memory_gb: float, parameters: Mapping[str, Any]
    ) -> NetworkSettings:
        """As the computer allows, on images as small as the network sees them."""
        facts = report.facts(gpu_memory_gb)
        return NETWORKS[network].suggest(facts.at_scale(scale_for(report, gpu_memory_gb)))

    def finetuned_parameters(self, card: ModelCard) -> dict[str, Any]:
        """As the model has them; few layers may learn at first."""
        return {**card.recipe_parameters, self.layers_parameter: "none"}

    def finetuned_patch(self, card: ModelCard, report: DataReport | None) -> Index3:
        """The model's; smaller where images shrunk as the model sees them would not fill it."""
        scale = self.scale(card.recipe_parameters)
        if report is None or scale == 1:
            return card.patch_size
        largest = NETWORKS[card.network].suggest(report.facts().at_scale(scale)).patch_size
        return 1, min(card.patch_size[1], largest[1]), min(card.patch_size[2], largest[2])

    def useful_choices(self, config: TrainingConfig) -> dict[str, bool]:
        """Pretrained weights count from scratch and where the encoder has some; layers where these know something."""
        arguments = NETWORKS[config.network].arguments.model_validate(config.network_arguments)
        scratch = not config.start_from
        published = scratch and getattr(arguments, "encoder", "") == ENCODER_WITH_WEIGHTS
        chosen = PanopticTraining.model_validate(config.recipe_parameters)
        knows = not scratch or bool(chosen.pretrained_file) or (published and chosen.pretrained)
        return {"pretrained": published, "pretrained_file": scratch, self.layers_parameter: knows}

    def learning_words(self, parameters: Mapping[str, Any]) -> str:
        """Scale, and which layers learn."""
        few = parameters.get(self.layers_parameter) == "none"
        return super().learning_words(parameters) + ("; only the part that finds objects learns" if few else "")

    def gives_classes(self, decode: Mapping[str, Any]) -> bool:
        """Whether labels are class values, not objects."""
        return bool(decode.get("semantic_only"))

    def keeps_further(self, mode: str, decode: Mapping[str, Any]) -> bool:
        """Whether what each direction found is written, too."""
        return self.sees_every_plane(mode) and bool(decode.get("keep_directions"))

    def foreign_settings(self, description: ForeignDescription) -> tuple[dict[str, Any], dict[str, Any]]:
        """Classes without objects; thresholds of decoding, brought within the bounds that hold here."""
        fields, engine = PanopticDecode.model_fields, description.engine
        wanted = {
            "confidence": engine.confidence_thr,
            "centre_threshold": engine.nms_threshold,
            "centre_distance": engine.nms_kernel,
        }
        decode = PanopticDecode.model_validate({key: _within(fields[key], value) for key, value in wanted.items()})
        return {self.region_parameter: description.stuff()}, decode.model_dump()

    def working_bytes(self, card: ModelCard, mode: str) -> int:
        """A stack for each direction."""
        return _RUN_BYTES * (len(Plane) if self.sees_every_plane(mode) else 1)

    def suggestions(self, card: ModelCard, volume: Volume, plane: Plane | None = None) -> tuple[Advice, ...]:
        """Scale by the size of pixels, smoothing by the thickness of slices, three directions for cubic voxels."""
        return suited(card, volume, plane or self.plane(card.prediction))

    def doubts(self, volume: Volume, mode: str, prediction: Mapping[str, Any]) -> tuple[str, ...]:
        """Three directions of a volume whose voxels are much longer one way."""
        return squeezed(volume) if self.sees_every_plane(mode) else ()

    def least_steps(self, *, finetuned: bool) -> int:
        """Fewer to improve a model."""
        return FINETUNE_STEPS if finetuned else STEPS

    def more_to_learn(self, parameters: Mapping[str, Any]) -> str:
        """Which layers did not learn."""
        chosen = PanopticTraining.model_validate(dict(parameters))
        return _MORE_LAYERS.get(chosen.finetune_layers, "")


def _within(field: Any, value: float) -> float:
    """A value no lower and no higher than a field allows."""
    for bound in field.metadata:
        if hasattr(bound, "ge"):
            value = max(value, bound.ge)
        if hasattr(bound, "le"):
            value = min(value, bound.le)
    return value


PANOPTIC = PanopticInfo()
