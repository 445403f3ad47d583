"""What the batch wizard's pages edit together, and its rules; no Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.imaging import Times, Volume
from desktop_app.core.imaging.reading import ImageReading
from desktop_app.core.recipes.looks import Mode
from desktop_app.gui.inference.found_images import FoundImage, Ignored
from desktop_app.gui.inference.model_modes import modes_to_choose, usual_mode


class BatchStep(StrEnum):
    """The steps in which the draft is filled in."""

    FILES = "files"
    MODEL = "model"
    PARAMETERS = "parameters"
    OUTPUTS = "outputs"


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Settings to begin a batch with, for example those of the preview.

    Attributes:
        decode: Parameters from maps to labels.
        prediction: Parameters of how the network sees the images.
        mode: The way through the images, None for the usual one.
        together: Further models that it is used together with.
        channels: Channels of the images to use, from 0; None takes the first ones.
    """

    decode: dict[str, Any]
    prediction: dict[str, Any] = field(default_factory=dict)
    mode: str | None = None
    together: tuple[Path, ...] = ()
    channels: tuple[int, ...] | None = None


@dataclass(slots=True)
class BatchDraft:
    """Answers so far; nothing here opens files.

    Attributes:
        inputs: Files and folders as the user gave them.
        readings: What the project says of its images, by path.
        further: The same of further images of these files, by path.
        images: Images found in them.
        ignored: What was found but is no image, with the reason.
        scanning: Whether the search goes on.
        time: The time points of movies that are labelled, from 0; None: all.
        model: The model.
        card: Its card, None if it cannot be read.
        together: Further models that it is used together with.
        prediction: Parameters of how the network sees the images.
        decode: Parameters from maps to labels.
        taken: Whether these parameters are those of a preview, not the model's own.
        mode: ``auto``, or one of the model's modes.
        mode_chosen: Whether the user has chosen the mode.
        output: Result folder.
        output_chosen: Whether the user has changed the folder.
        channels: Channels of the images to use, from 0; None takes the first ones.
        measure: Whether object tables are written.
        then: Operations on the objects before they are written.
        tiling: How large images are cut.
        device: Where to compute.
        replicas: Copies of the network on each device.
        free_disk_gb: Free space where results go, None while unknown.
    """

    inputs: tuple[Path, ...] = ()
    readings: Mapping[str, ImageReading] = field(default_factory=dict)
    further: Mapping[str, tuple[ImageReading, ...]] = field(default_factory=dict)
    images: tuple[FoundImage, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    scanning: bool = False
    time: Times = None
    model: Path | None = None
    card: ModelCard | None = None
    together: tuple[Path, ...] = ()
    prediction: dict[str, Any] = field(default_factory=dict)
    decode: dict[str, Any] = field(default_factory=dict)
    taken: bool = False
    mode: str = "auto"
    mode_chosen: bool = False
    output: Path | None = None
    output_chosen: bool = False
    channels: tuple[int, ...] | None = None
    measure: bool = True
    then: tuple[ObjectStep, ...] = ()
    tiling: TilingParameters = field(default_factory=TilingParameters)
    device: str = "auto"
    replicas: int = 1
    free_disk_gb: float | None = None

    @property
    def times(self) -> int:
        """The largest number of time points of an image."""
        return max((image.times for image in self.images), default=1)

    @property
    def flat(self) -> bool:
        """Whether all images are single pictures."""
        return bool(self.images) and all(image.shape[0] == 1 for image in self.images)

    @property
    def paths(self) -> tuple[Path, ...]:
        """What the batch runs on: the images, and those that could not be opened, so that its summary names them."""
        return (*(found.path for found in self.images), *(left.path for left in self.ignored if left.image))

    def opened(self, path: Path, open_volume: Callable[..., Volume]) -> Volume:
        """An image as the project reads it; as it is stored where the project says nothing of it."""
        reading = self.readings.get(str(path))
        return open_volume(path) if reading is None else open_volume(path, reading=reading)

    def choose_model(self, path: Path | None, card: ModelCard | None) -> None:
        """Use a model; its own settings come with it."""
        self.model, self.card = path, card
        self.decode = dict(card.decode) if card is not None else {}
        self.prediction = dict(card.prediction) if card is not None else {}
        self.mode, self.mode_chosen, self.taken, self.together = "auto", False, False, ()

    def take(self, settings: BatchSettings) -> None:
        """Begin with these settings of the present model."""
        self.decode, self.prediction, self.taken = dict(settings.decode), dict(settings.prediction), True
        self.together, self.channels = settings.together, settings.channels
        if settings.mode is not None:
            self.choose_mode(settings.mode)

    def choose_mode(self, mode: str) -> None:
        """Go through the images in this way."""
        self.mode, self.mode_chosen = mode, True

    def modes(self) -> tuple[Mode, ...]:
        """The ways that the user can choose among; none where only one makes sense, which is then set.

        Until the user has chosen, the usual way for the model and the images is set.
        """
        if self.card is None:
            return ()
        modes = modes_to_choose(self.card, flat=self.flat)
        if not self.mode_chosen or not modes:
            self.mode = usual_mode(self.card, flat=self.flat)
        return modes

    def problems(self, step: BatchStep) -> list[str]:
        """What the user must do before going on from ``step``."""
        checks = {
            BatchStep.FILES: self._file_problems,
            BatchStep.MODEL: self._model_problems,
            BatchStep.PARAMETERS: list,
            BatchStep.OUTPUTS: self._output_problems,
        }
        return checks[step]()

    def warnings(self) -> list[str]:
        """What may spoil the results, in plain words."""
        card = self.card
        if card is None:
            return []
        found = []
        few = [i.path.name for i in self.images if i.channels < card.input_channels]
        if few:
            found.append(
                f"{named(few)} {'has' if len(few) == 1 else 'have'} fewer channels than the model needs "
                f"({card.input_channels}) and will fail."
            )
        other = [i.path.name for i in self.images if i.differs_from(card.voxel_size)]
        if other:
            found.append(
                f"The voxel size of {named(other)} differs from what the model was trained on "
                f"({card.voxel_size.describe()}). Objects may be missed."
            )
        flat = [i.path.name for i in self.images if i.shape[0] == 1]
        if card.dimensions == 3 and flat:
            found.append(f"{named(flat)} {'is' if len(flat) == 1 else 'are'} flat, but the model works on volumes.")
        return found

    def config(self) -> InferenceConfig:
        """The frozen configuration of the batch."""
        if self.model is None or self.output is None:
            raise ValueError("Expected a draft without problems")
        return InferenceConfig.model_validate(
            {
                "model": str(self.model),
                "together": tuple(str(path) for path in self.together),
                "inputs": tuple(str(path) for path in self.paths),
                "output": str(self.output),
                "readings": {str(path): self.readings[str(path)] for path in self.paths if str(path) in self.readings},
                "further": {str(path): self.further[str(path)] for path in self.paths if str(path) in self.further},
                "time": self.time,
                "mode": self.mode,
                "prediction": self.prediction,
                "decode": self.decode,
                "tiling": self.tiling,
                "device": self.device,
                "replicas": self.replicas,
                "channels": self.channels,
                "measure": self.measure,
                "then": self.then,
            }
        )

    def _file_problems(self) -> list[str]:
        if self.scanning:
            return ["Still looking for images…"]
        if not self.inputs:
            return ["Add images, or a folder with images."]
        if not self.images:
            return ["There is no image that can be read among these files."]
        if self.time is None:
            return []
        if self.time == ():
            return ["Type which time points are wanted, as 1-5,8."]
        last = self.time if isinstance(self.time, int) else max(self.time)
        short = [i.path.name for i in self.images if last >= i.times]
        has = "has" if len(short) == 1 else "have"
        return [f"{named(short)} {has} no time point {last + 1}. Choose another one, or all."] if short else []

    def _model_problems(self) -> list[str]:
        if self.model is None:
            return ["Choose a model."]
        return [] if self.card is not None else ["This model cannot be read. Choose another one."]

    def _output_problems(self) -> list[str]:
        if self.output is None:
            return ["Choose a folder for the results."]
        if any(i.path.parent == self.output for i in self.images):
            return ["Choose another folder: results beside the images would carry the same names."]
        card = self.card
        if card is not None and self.channels is not None and len(self.channels) != card.input_channels:
            needed = "1 channel" if card.input_channels == 1 else f"{card.input_channels} channels"
            return [f"The model needs {needed}; you named {len(self.channels)}."]
        return []


def channels_from(text: str) -> tuple[int, ...] | None:
    """Channel numbers as a person counts, ``1, 3``, as they are counted from 0; None for an empty text.

    Raises:
        ValueError: If the text is no list of numbers from 1.
    """
    numbers = [int(part) for part in text.replace(";", ",").split(",") if part.strip()]
    if any(number < 1 for number in numbers):
        raise ValueError(f"Expected numbers from 1, got {text!r}")
    return tuple(number - 1 for number in numbers) or None


def named(names: list[str]) -> str:
    """Up to two names, then a count: ``a.tif, b.tif and 3 more``."""
    if len(names) <= 2:
        return " and ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} more"
