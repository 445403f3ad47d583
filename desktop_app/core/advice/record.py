"""The advice of a training, as it is kept in the run folder (``advice.json``)."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.config.base import Parameters


class StepKind(StrEnum):
    """The kinds of things to do next."""

    FROM_SCRATCH = "from_scratch"
    CHECK_MORE = "check_more"
    MORE_IMAGES = "more_images"
    TRAIN_LONGER = "train_longer"
    OTHER_SIZE = "other_size"
    REMEDY = "remedy"
    TRY = "try"


class NextStep(Parameters):
    """The one thing that would help most.

    Attributes:
        kind: What sort of thing.
        sentence: What to do, for the user.
    """

    kind: StepKind
    sentence: str


class MistakePlace(Parameters):
    """A place where the model went wrong.

    Attributes:
        mistake: What went wrong.
        image: Name of the image.
        file: The image's file; empty if it is not known.
        time: Time point, from 0.
        voxel: (z, y, x) in that file.
        flat: Whether that has no depth, so that there is no slice to name.
        picture: Name of the PNG beside ``advice.json``: image, labels and result side by side.
        edge: Of what that shows, px; 0 if it is not known.
        labels: File of the image's true labels; empty if it is not known.
        found: Name of the label file beside ``advice.json`` with what was found around the place; empty without.
        found_at: First voxel of that (z, y, x) in the image's file.
    """

    mistake: Mistake
    image: str
    file: str = ""
    time: int = Field(default=0, ge=0)
    voxel: tuple[int, int, int]
    flat: bool = False
    picture: str
    edge: int = Field(default=0, ge=0)
    labels: str = ""
    found: str = ""
    found_at: tuple[int, int, int] = (0, 0, 0)


class TrainingAdvice(Parameters):
    """What went wrong, where, and what would help most.

    Attributes:
        went_wrong: A sentence for each kind of mistake, the gravest first; empty where nothing is worth telling.
        next_step: The one thing to do.
        places: The worst places, the worst first.
        counts: Objects (of regions voxels) that each mistake concerns.
        checked: Objects (of regions voxels) that could be wrong.
    """

    schema_version: Literal[1] = 1
    went_wrong: tuple[str, ...] = ()
    next_step: NextStep
    places: tuple[MistakePlace, ...] = ()
    counts: dict[Mistake, int] = Field(default_factory=dict)
    checked: int = 0
