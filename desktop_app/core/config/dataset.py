"""What to learn from: pairs of image and labels, and how they are split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.core.project.model import Role

EXCLUDED = 2**32 - 1
"""Label of voxels that a mask leaves out; the highest number that labels hold, which no file uses."""


HEAVIEST = 100.0
"""Weight of a voxel; beyond, single voxels would decide a step alone."""


class PairConfig(Parameters):
    """One image with its labels.

    ``labels`` is a label image file, or an OME-Zarr label group of a project; None for an image without labels, from
    which some methods learn, too. ``slices`` are the completely labelled slices (z); None means all. ``group`` is what
    must not be split, such as a specimen or the subfolder of a data set. ``source`` is the data set it comes from,
    where there are several, and ``weight`` how often it is drawn compared with others. ``reading`` is what the user
    said of the image file. ``time`` is the time point of a movie, counted from 0; None: all for which there are labels.
    ``mask`` is a file of the same size that is 0 where voxels do not count (a cost map). ``classes`` are the values in
    its class labels; None where nobody has looked.
    """

    name: str
    image: str
    labels: str | None = None
    slices: tuple[int, ...] | None = None
    role: Role = "auto"
    reading: ImageReading = AS_STATED
    time: int | None = None
    group: str = ""
    mask: str | None = None
    source: str = ""
    weight: float = Field(default=1.0, gt=0, le=HEAVIEST)
    classes: tuple[int, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_older(cls, values: Any) -> Any:
        return ImageReading.from_older(values)

    @property
    def label_path(self) -> Path:
        """Where the labels are.

        Raises:
            UserError: If there are none.
        """
        if self.labels is None:
            raise UserError(
                f"{self.name} has no labels.",
                hint="Label it, leave it out, or choose a method that learns without labels.",
            )
        return Path(self.labels)


class DatasetSplitParameters(Parameters):
    """How images are split into training, validation and test."""

    validation: float = Field(
        default=0.15,
        ge=0.0,
        le=0.9,
        title="Share for validation",
        json_schema_extra=field_extra(step=0.05),
        description="Images kept aside to watch the learning; 0.1 to 0.2 is usual. One single image is split by space.",
    )
    test: float = Field(
        default=0.0,
        ge=0.0,
        le=0.9,
        title="Share for the final test",
        json_schema_extra=field_extra(step=0.05),
        description="Images never seen while training; use 0.1 or more once you have ten images.",
    )
    folds: int = Field(
        default=0,
        ge=0,
        le=20,
        title="Check with each part in turn",
        json_schema_extra=field_extra("parts", zero="one part is kept aside"),
        description="Cross-validation: whole groups are dealt into so many parts, and each is kept aside once, from a "
        "model of its own. The model that you get learns from all. 5 is usual where there are few groups; it takes as "
        "many times longer.",
    )
    by: Literal["group", "image"] = Field(
        default="group",
        title="Keep together",
        json_schema_extra=field_extra(titles={"group": "Images of a group", "image": "Nothing: each for itself"}),
        description="Images of one specimen, plate or movie are alike: with some of them in the training and others "
        "in the validation, scores promise too much.",
    )
    every_class: bool = Field(
        default=True,
        title="Every class in both parts",
        description="Where the seed would leave a class out of the training or the validation, images change places, "
        "as far as the groups allow. Off keeps to what the seed draws.",
    )
    seed: int = Field(
        default=1,
        ge=0,
        le=2**31 - 1,
        title="Random seed",
        json_schema_extra=field_extra(advanced=True),
        description="The same seed gives the same split and the same training again.",
    )

    @model_validator(mode="after")
    def _parts_enough(self) -> DatasetSplitParameters:
        if self.folds == 1:
            raise ValueError("to check with each part in turn there must be two parts or more; 0 keeps one aside")
        return self

    @property
    def kept_aside(self) -> float:
        """Share of the images that the model which is kept never learns from, to watch it with."""
        return 0.0 if self.folds else self.validation


class DatasetConfig(Parameters):
    """Pairs, what their labels mean, and the split."""

    pairs: tuple[PairConfig, ...] = ()
    kind: LabelKind = Field(
        default="objects",
        title="Labels hold",
        description="Objects: each object has its own number. Classes: the number says what kind of thing a voxel is.",
    )
    class_values: tuple[int, ...] = Field(
        default=(1,),
        title="Class numbers",
        description="For class labels: the label values to learn, in order. For object labels: just (1,).",
    )
    class_names: tuple[str, ...] = ("Object",)
    unlabelled: int | None = Field(
        default=None,
        ge=0,
        title="Value of unlabelled voxels",
        description="Voxels with this value are ignored while learning. None: every voxel counts, 0 is background.",
    )
    background: int | None = Field(
        default=None,
        ge=0,
        title="Value of background voxels",
        description="With sparse labels: the class that means background. None: 0 is the background.",
    )
    weighted_values: tuple[int, ...] = Field(
        default=(),
        title="Values with a weight of their own",
        description="Label values whose voxels count more or less than others while learning.",
    )
    value_weights: tuple[float, ...] = Field(
        default=(),
        title="Their weights",
        description="One for each of these values, 0 to 100; all others count 1. Published for axons: 0.2 for "
        "background, 1.5 for axons, 0.8 for artefacts, 0.05 for edges.",
    )
    label_divisor: int | None = Field(
        default=None,
        ge=2,
        title="Label divisor",
        json_schema_extra=field_extra() | {"none": "Not numbered", "usual": 1000},
        description="For class labels that also number objects: label = class × divisor + number; often 1000. "
        "Not numbered: each island of a class is one object.",
    )
    balance: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Balance of sources",
        json_schema_extra=field_extra(step=0.1),
        description="0 draws all images alike, 1 all source folders alike; 0.7 helps where one folder has far more "
        "images than the others.",
    )
    use_masks: bool = Field(
        default=True,
        title="Leave out what masks exclude",
        description="Images may come with a mask that is 0 where nothing is to be learned (a cost map, NAME_CM). Off "
        "learns from all voxels.",
    )
    split: DatasetSplitParameters = DatasetSplitParameters()

    @property
    def masked(self) -> bool:
        """Whether some voxels are left out by masks."""
        return self.use_masks and any(pair.mask is not None for pair in self.pairs)

    @property
    def unknown(self) -> int | None:
        """Label of voxels of which nothing is learned; None where all count."""
        return EXCLUDED if self.unlabelled is None and self.masked else self.unlabelled

    def labels_of(self, image: Path, time: int = 0) -> str:
        """The label file of an image at a time point from 0; empty where there is none."""
        found = (p.labels for p in self.pairs if Path(p.image) == image and p.time in (None, time) and p.labels)
        return next(found, "")

    def shared_by(self, split: DatasetSplitParameters) -> DatasetConfig:
        """The same pairs, shared out by another split."""
        return self.model_copy(update={"split": split})

    def checked_elsewhere(self) -> DatasetConfig:
        """The same with no share kept aside: images for validation are named, or none are wanted."""
        return self.shared_by(self.split.model_copy(update={"validation": 0.0}))

    def in_turn(self, parts: int) -> DatasetConfig:
        """The same pairs, each part of them kept aside once."""
        return self.shared_by(self.split.model_copy(update={"folds": parts}))

    def dealt(self, roles: Sequence[Role]) -> DatasetConfig:
        """The same with a role for each pair, and nothing left to be dealt out."""
        pairs = tuple(pair.model_copy(update={"role": role}) for pair, role in zip(self.pairs, roles, strict=True))
        split = self.split.model_copy(update={"folds": 0, "validation": 0.0, "test": 0.0})
        return self.model_copy(update={"pairs": pairs, "split": split})

    @model_validator(mode="after")
    def _weights_fit(self) -> DatasetConfig:
        if len(self.weighted_values) != len(self.value_weights):
            raise ValueError("each of the weighted values needs one weight")
        if any(not 0 <= weight <= HEAVIEST for weight in self.value_weights):
            raise ValueError(f"weights of values lie between 0 and {HEAVIEST:g}")
        return self
