"""How a network learns: random changes of patches, how long and how fast, and how it is watched."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import Field, model_validator

from desktop_app.core.config.base import Parameters, field_extra


class AugmentationParameters(Parameters):
    """Random changes of each patch, so that few images teach as much as many."""

    enabled: bool = Field(
        default=True,
        title="Change patches at random",
        description="Off shows the images as they are: of use only to see what the changes bring.",
    )
    flip: bool = Field(default=True, title="Mirror", description="Right for nearly all microscopy.")
    flip_share: float = Field(
        default=0.5,
        ge=0,
        le=0.5,
        title="Mirror how often",
        json_schema_extra=field_extra("of the patches", advanced=True, step=0.05),
        description="Along each axis by itself. 0.5 shows all ways alike; less where most images lie alike.",
    )
    rotate: bool = Field(
        default=True, title="Rotate", description="In the slice plane. Off if the direction has a meaning."
    )
    angle: float = Field(
        default=180.0,
        ge=0,
        le=180,
        title="Rotate by up to",
        json_schema_extra=field_extra("°", step=5),
        description="180 is any angle. 15 for organs and tissue that lie alike in all images, and mirroring off.",
    )
    scale: float = Field(
        default=0.15,
        ge=0,
        le=1,
        title="Resize by up to",
        json_schema_extra=field_extra(step=0.05),
        description="0.15 means 85 to 115 %. Raise it if object sizes differ between images.",
    )
    shrink: float = Field(
        default=0.0,
        ge=0,
        le=0.9,
        title="Shrink further, by up to",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0.9 also shows objects at a tenth of their size, so that the model works at many scales.",
    )
    elastic: float = Field(
        default=2.0,
        ge=0,
        le=20,
        title="Bend by up to",
        json_schema_extra=field_extra("px", step=0.5),
        description="Soft deformation of shapes; 0 for rigid things.",
    )
    intensity: float = Field(
        default=0.2,
        ge=0,
        le=0.8,
        title="Change brightness and contrast by up to",
        json_schema_extra=field_extra(step=0.05),
        description="0.2 suits most; raise it if images differ in exposure.",
    )
    noise: float = Field(
        default=0.1,
        ge=0,
        le=1,
        title="Add noise of up to",
        json_schema_extra=field_extra("of the contrast", step=0.05),
        description="0.1 is mild. Raise it if some images are noisier than others.",
    )
    blur: float = Field(
        default=1.0,
        ge=0,
        le=5,
        title="Blur by up to",
        json_schema_extra=field_extra("px", step=0.5),
        description="Prepares for images that are less sharp; 0 switches it off.",
    )
    invert: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        title="Show negatives",
        json_schema_extra=field_extra("of the patches", advanced=True, step=0.05),
        description="Exchanges bright and dark in this share of the patches: 0.15 for a model that is to find dark "
        "things on a bright ground as well as bright ones on a dark one. 0 where all images are of one kind.",
    )
    empty: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        title="Show empty places",
        json_schema_extra=field_extra("of the patches", step=0.025),
        description="Shows noise alone in this share of the patches, so that nothing is found in empty pictures.",
    )
    margin: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        title="Show empty margins",
        json_schema_extra=field_extra("of the patches", step=0.025),
        description="Gives this share of the patches a margin that is dark, as in images that were stitched or turned, "
        "or noise, so that nothing is found beside the picture, and objects look alike whatever lies around them.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_older(cls, values: Any) -> Any:
        """Empty places and margins were one setting, and as many patches had the one as the other."""
        if isinstance(values, dict) and "empty" in values and "margin" not in values:
            return {**values, "margin": values["empty"]}
        return values

    @property
    def used(self) -> AugmentationParameters:
        """These, or none at all where they are switched off."""
        return self if self.enabled else UNCHANGED


UNCHANGED = AugmentationParameters(
    enabled=False,
    flip=False,
    rotate=False,
    scale=0,
    shrink=0,
    elastic=0,
    intensity=0,
    noise=0,
    blur=0,
    empty=0,
    margin=0,
)
"""Patches as they lie in their images."""

EMPTY_SHARE = 0.125
"""Empty patches, and as many with a margin, suggested for new trainings: in trials (regions in 192 px, 500 steps) one
of eight brought 9,925 false pixels in an empty picture down to 2, and full pictures were labelled as well as before
(Dice 0.996)."""


OptimiserName: TypeAlias = Literal["adamw", "adam", "radam", "sgd", "muon"]
ScheduleName: TypeAlias = Literal["cosine", "one_cycle", "poly", "step", "plateau", "constant"]
Precision: TypeAlias = Literal["auto", "full", "bfloat16", "float16"]
MOST_STEPS = 1_000_000
"""Of a training: weeks on any computer."""
MOST_ROUNDS = 1024
"""Gathered for one step: with single patches as many as the largest batches that are in use."""
SELDOM = 100_000
"""Steps between two checks at most: hours, in which nobody would know whether it learns."""
_OPTIMISERS = {"adamw": "AdamW", "adam": "Adam", "radam": "RAdam", "sgd": "SGD with Nesterov momentum", "muon": "Muon"}
_SCHEDULES = {
    "cosine": "Cosine: falls slowly, then fast, then slowly",
    "one_cycle": "One cycle: rises and falls smoothly",
    "poly": "Polynomial: falls almost in a line",
    "step": "Steps: falls at fixed intervals",
    "plateau": "Plateau: falls when nothing gets better",
    "constant": "Always the same",
}
_PRECISIONS = {"auto": "Automatic", "full": "Full", "bfloat16": "Half (bfloat16)", "float16": "Half (float16)"}


class OptimisationParameters(Parameters):
    """How long and how fast to learn."""

    iterations: int = Field(
        default=800,
        ge=1,
        le=MOST_STEPS,
        title="Training steps",
        description="800 to 3,000 from scratch, 200 to 500 to finetune. Stop any time: the best state is kept.",
    )
    minutes: float = Field(
        default=0.0,
        ge=0,
        le=43_200,
        title="Train for about",
        json_schema_extra=field_extra("minutes", step=5, zero="as many steps as said"),
        description="In place of the steps: a few are timed on this computer, and as many are taken as fit into the "
        "time, with all checks. 5 shows whether it can work, 15 suits most, 60 is for a final model. 0 counts steps.",
    )
    batch_size: int = Field(
        default=2,
        ge=1,
        le=256,
        title="Patches per step",
        description="2 to 4 in 3D, 8 to 16 in 2D; less if memory is short. It may be more than there are patches: each "
        "is changed at random whenever it is shown.",
    )
    anywhere: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Patches from anywhere",
        json_schema_extra=field_extra(step=0.1, advanced=True, zero="all by class"),
        description="Share of the patches whose place is drawn from all labelled voxels alike. The others show each "
        "class as often, however rare, and background in a third. 1 for images that are filled evenly; 0 suits most.",
    )
    fill_gpu: bool = Field(
        default=False,
        title="As many as the graphics card takes",
        json_schema_extra=field_extra(advanced=True),
        description="Tries when the training starts how many patches fit into the memory of the graphics card, by "
        "doubling, and takes three quarters of that. Steps take longer then, so fewer do. Without a card it stays.",
    )
    learning_rate: float = Field(
        default=2e-3,
        gt=0,
        le=1,
        title="Learning rate",
        json_schema_extra=field_extra(advanced=True),
        description="Ten times less for finetuning.",
    )
    weight_decay: float = Field(
        default=1e-4,
        ge=0,
        le=1,
        title="Weight decay",
        json_schema_extra=field_extra(advanced=True),
        description="Keeps weights small; leave as it is.",
    )
    warm_up: float = Field(
        default=0.05,
        ge=0,
        le=0.5,
        title="Warm-up",
        json_schema_extra=field_extra("of all steps", advanced=True, step=0.01),
        description="Share of the steps in which the learning rate rises from zero. 0.05 suits most, 0.3 one cycle.",
    )
    schedule: ScheduleName = Field(
        default="cosine",
        title="Learning rate over time",
        json_schema_extra=field_extra(advanced=True, titles=_SCHEDULES),
        description="After the warm-up. Cosine suits most; one cycle allows high rates; polynomial is usual with SGD; "
        "steps and plateau are those of older programs.",
    )
    fall: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        title="Rate after a fall",
        json_schema_extra=field_extra("of the rate before", advanced=True, step=0.1),
        description="For steps and plateau: 0.5 halves the learning rate each time.",
    )
    fall_every: int = Field(
        default=250,
        ge=1,
        le=1_000_000,
        title="Rate falls every",
        json_schema_extra=field_extra("steps", advanced=True),
        description="For steps: a third or a quarter of all steps works well.",
    )
    fall_patience: int = Field(
        default=2,
        ge=1,
        le=1000,
        title="Rate falls after",
        json_schema_extra=field_extra("validations", advanced=True),
        description="For plateau: so many validations in which the loss was no lower than before. Validate often "
        "enough for it, at least ten times a run.",
    )
    power: float = Field(
        default=0.9,
        gt=0,
        le=10,
        title="Power of the polynomial",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="For polynomial: 0.9 is usual; 1 falls in a straight line, 2 faster at first.",
    )
    optimiser: OptimiserName = Field(
        default="adamw",
        title="Optimiser",
        json_schema_extra=field_extra(advanced=True, titles=_OPTIMISERS),
        description="Muon learns in a third of the steps of AdamW, at the same rate; take AdamW if its loss jumps. SGD "
        "needs a rate about five times higher and more steps; RAdam needs no warm-up; Adam is that of older programs, "
        "where weight decay acts more weakly.",
    )
    momentum: float = Field(
        default=0.9,
        ge=0,
        lt=1,
        title="Momentum",
        json_schema_extra=field_extra(advanced=True, step=0.01),
        description="For SGD: share of the last change that goes on. 0.9 suits most, 0.99 long trainings.",
    )
    clip: float = Field(
        default=5.0,
        ge=0,
        le=1e6,
        title="Largest gradient",
        json_schema_extra=field_extra(advanced=True),
        description="Norm that a gradient is cut to, so that one wild step ruins nothing. 5 touches hardly any other; "
        "1 calms a loss that jumps. 0: no limit.",
    )
    accumulate: int = Field(
        default=1,
        ge=1,
        le=MOST_ROUNDS,
        title="Gathered rounds per step",
        json_schema_extra=field_extra(advanced=True),
        description="Gradients of so many rounds of patches make one step: as good as more patches per step, with the "
        "memory of one round, but as slow.",
    )
    average: float = Field(
        default=0.99,
        ge=0,
        le=0.9999,
        title="Averaging of weights",
        json_schema_extra=field_extra(advanced=True),
        description="Share of the running mean of the weights that stays at each step; the mean is checked and kept. "
        "0.99 averages some hundred steps and suits most; 0.999 suits runs of 10,000 steps or more; 0: no averaging.",
    )
    precision: Precision = Field(
        default="auto",
        title="Precision of numbers",
        json_schema_extra=field_extra(advanced=True, titles=_PRECISIONS),
        description="Automatic computes in half precision on GPUs, which halves memory and time, and in full precision "
        "on processors. Take full if the loss stops being a number.",
    )
    decay_all: bool = Field(
        default=True,
        title="Weight decay for all weights",
        json_schema_extra=field_extra(advanced=True),
        description="Off spares offsets and normalisation; right for strong weight decay such as 0.1.",
    )
    frozen_stages: int = Field(
        default=0,
        ge=0,
        le=10,
        title="Frozen levels when finetuning",
        json_schema_extra=field_extra(advanced=True),
        description="This many first levels of the network stay as they are. 0 lets all learn. Models of regions "
        "and objects that five images or fewer improve keep all that look at the image; the others learn.",
    )
    frozen_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        title="Frozen for",
        json_schema_extra=field_extra("of all steps", advanced=True, step=0.1),
        description="After this share of the steps the frozen levels learn, too. The state that does best on the "
        "images kept aside is kept, so that they decide. 1 keeps them frozen to the end.",
    )
    frozen_tried: bool = Field(
        default=False,
        title="Try without frozen levels, too",
        json_schema_extra=field_extra(advanced=True),
        description="Where images are checked in turn, each part is learned both ways, and all levels learn if that "
        "scores better by more than chance. Checking then takes twice as long. Leave it on with few images: which way "
        "is better differs from one set of images to the next.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_older(cls, values: Any) -> Any:
        """The cosine was named after its warm-up, which the others have, too."""
        if isinstance(values, dict) and values.get("schedule") == "warm_up":
            return {**values, "schedule": "cosine"}
        return values


class ValidationParameters(Parameters):
    """How the learning is watched."""

    every: int = Field(
        default=200,
        ge=1,
        le=SELDOM,
        title="Validate every",
        json_schema_extra=field_extra("steps"),
        description="More often shows more, but costs time: about five times per run is good.",
    )
    patience: int = Field(
        default=0,
        ge=0,
        le=1000,
        title="Stop early after",
        json_schema_extra=field_extra("validations"),
        description="Stops when this many validations brought nothing better. 0: never.",
    )
    max_images: int = Field(
        default=4,
        ge=1,
        le=10_000,
        title="Images per validation",
        json_schema_extra=field_extra(advanced=True),
        description="At most this many validation images are used while training; the end uses all.",
    )
