"""What went wrong on the images kept aside, with pictures of the worst places, and the advice that follows."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.advice.next_step import Learned, next_step
from desktop_app.core.advice.record import MistakePlace, TrainingAdvice
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.imaging.overlay import overlay, side_by_side
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.atomic import write_json, writing
from desktop_app.io.images.label_dtype import smallest_label_dtype
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.pictures import write_picture
from desktop_app.io.training_advice import ADVICE_FILE, PICTURES
from desktop_app.io.training_curves import METRICS_FILE, read_points
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.targets import IGNORED
from desktop_app.ml.recipes.base import Decoded, Recipe, Task
from desktop_app.ml.training.plan import TrainingPlan
from desktop_app.objects.mistakes import FoundAndTrue, Mistakes, Spot, find_mistakes, findings_of, together

_NOTICED = 5  # images: what is wrong with the method shows in a few
_SHOWN = 3  # places: more are not looked at
_AROUND = 1.6  # widths of the object in a picture, so that its neighbours are seen, too
_EDGES = 64, 320  # px: smallest and largest edge of a picture
_RESULT_EDGE = 1024  # px: the result is kept for whole pictures of a usual size, and around places of larger ones
_WANTED = 192  # px: smaller pictures are enlarged by whole numbers towards it
_CURVES = ("loss/train", "loss/validation", "score/score")
_FITS_TOGETHER = 0.5  # of an edge: places nearer than that are one picture


@dataclass(frozen=True, slots=True)
class _Sight:
    """A place with its pictures.

    Attributes:
        place: Without the name of its picture.
        picture: Image, labels and result side by side, ``(Y, X, 3) uint8``.
        edge: Of one of them, px.
        found: What was found around it, ``(1, Y, X)``.
    """

    place: MistakePlace
    picture: NDArray[np.uint8]
    edge: int
    found: NDArray[np.integer]


@dataclass(slots=True)
class Critic:
    """Looks at image after image, and remembers what went wrong and the worst places.

    Attributes:
        recipe: Knows what its labels mean.
        task: What was learned.
        mistakes: Of all images so far; None before the first.
    """

    recipe: Recipe
    task: Task
    mistakes: Mistakes | None = None
    _images: int = 0
    _seen: list[Any] = field(default_factory=list)
    _sights: dict[Spot, _Sight] = field(default_factory=dict)

    @property
    def notices(self) -> bool:
        """Whether its family can tell doubts from what it finds, without labels."""
        return type(self.recipe).sight is not Recipe.sight

    def look(self, image: TrainingImage, decoded: Decoded, truth: NDArray[np.integer]) -> None:
        """Take in an image.

        Args:
            image: The image, as it was checked.
            decoded: What was found in the slices that count.
            truth: Labels of these slices ``(Z, Y, X)``.
        """
        compared = self.recipe.compared(decoded, truth, self.task)
        found = find_mistakes(compared, IGNORED)
        found = replace(found, spots=tuple(replace(spot, image=self._images) for spot in found.spots))
        self._images += 1
        self.mistakes = found if self.mistakes is None else together([self.mistakes, found])
        seen = {spot: _sight(image, compared, spot) for spot in found.spots if spot in self.mistakes.spots}
        self._sights = {spot: sight for spot, sight in (self._sights | seen).items() if spot in self.mistakes.spots}

    def notice(self, image: TrainingImage, decoded: Decoded, truth: NDArray[np.integer] | None) -> None:
        """Take in what was found in an image that may have no labels.

        Args:
            image: The image, as it was checked.
            decoded: What was found in the slices that count.
            truth: Labels of these slices ``(Z, Y, X)``; None without.
        """
        if not self.notices or len(self._seen) >= _NOTICED:
            return
        parts = range(image.image.shape[0]) if image.slices is None else image.slices
        _, height, width = image.image.shape
        grey = np.concatenate([image.image.read(Region((z, 0, 0), (z + 1, height, width)), 0) for z in parts])
        self._seen.append(self.recipe.sight(image.name, grey, decoded, truth, self.task))

    def doubts(self, steps: int) -> tuple[str, ...]:
        """Why the result may be poor, a sentence each; first that it had little time, where no advice will say so.

        Args:
            steps: Steps done.
        """
        found = self.recipe.doubts(self._seen)
        usual = RECIPES[self.recipe.name].least_steps(finetuned=False)
        if not found or self.mistakes is not None or steps >= usual:
            return found
        few = "one step" if steps == 1 else f"{steps:,} steps"
        return f"It learned for {few} only: train longer, {usual:,} steps or more, before you judge it.", *found

    def extent(self) -> float:
        """Median width of the true objects, in pixels; 0 where none were seen."""
        return 0.0 if self.mistakes is None else findings_of(self.mistakes).extent

    def worst(self) -> list[_Sight]:
        """The worst places, no two in one picture; those of the gravest kind of mistake first."""
        if self.mistakes is None:
            return []
        findings = findings_of(self.mistakes)
        order: list[Mistake] = list(findings.shares)
        told = [spot for spot in self._sights if spot.mistake in order]
        spots = sorted(told, key=lambda spot: (order.index(spot.mistake), -spot.wrong))
        chosen: list[_Sight] = []
        for spot in spots:
            sight = self._sights[spot]
            if len(chosen) < _SHOWN and not any(_same_picture(sight, other) for other in chosen):
                chosen.append(sight)
        return chosen


def write_advice(
    plan: TrainingPlan,
    critic: Critic,
    score: float | None,
    steps: int,
    *,
    poor_start: bool = False,
    kept_start: bool = False,
    unseen: bool = False,
    absent: tuple[str, ...] = (),
) -> TrainingAdvice | None:
    """Decide on the advice, and keep it with its pictures in the run folder.

    Args:
        plan: Of the run.
        critic: Has looked at the images kept aside.
        score: Main score there.
        steps: Steps done.
        poor_start: Whether the model to improve found next to nothing before it learned.
        kept_start: Whether that model was kept, because nothing that was learned did better.
        unseen: Whether the images kept aside have none of the classes.
        absent: Classes that none of these images has, by name.

    Returns:
        None if no image had labels.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    mistakes = critic.mistakes
    if mistakes is None:
        return None
    config, recipe = plan.config, RECIPES[plan.config.recipe]
    findings = findings_of(mistakes)
    learned = Learned(
        recipe=recipe,
        parameters=config.recipe_parameters,
        findings=findings,
        score=score,
        steps=steps,
        usual_steps=recipe.least_steps(finetuned=bool(config.start_from)),
        images=len(plan.data.train),
        patch=min(config.patch_size[1:]),
        poor_start=poor_start,
        kept_start=kept_start,
        unseen=unseen,
        absent=absent,
        curves=_curves(plan),
    )
    advice = TrainingAdvice(
        went_wrong=findings.sentences(),
        next_step=next_step(learned),
        places=_pictured(plan.run, critic, config.dataset),
        counts=dict(findings.counts),
        checked=findings.true,
    )
    with writing(plan.run / ADVICE_FILE):
        write_json(plan.run / ADVICE_FILE, advice.model_dump(mode="json"))
    return advice


def _pictured(run: Path, critic: Critic, dataset: DatasetConfig) -> tuple[MistakePlace, ...]:
    """The worst places, each with its picture and its result in the run folder, in place of those of before."""
    folder = run / PICTURES
    shutil.rmtree(folder, ignore_errors=True)
    places = []
    for number, sight in enumerate(critic.worst(), start=1):
        with writing(folder):
            folder.mkdir(exist_ok=True)
        name = f"{PICTURES}/{number}-{sight.place.mistake.value}"
        picture, found = f"{name}.png", f"{name}.tif"
        write_picture(run / picture, sight.picture)
        with label_writer(run / found, Volume.from_array(sight.found), sight.found.dtype) as writer:
            writer.write(Region.whole(sight.found.shape), sight.found)
        labels = dataset.labels_of(Path(sight.place.file), sight.place.time) if sight.place.file else ""
        places.append(sight.place.model_copy(update={"picture": picture, "found": found, "labels": labels}))
    return tuple(places)


def _curves(plan: TrainingPlan) -> dict[str, list[tuple[int, float]]]:
    """The curves that the advice looks at, from the run folder."""
    points = read_points(plan.run / METRICS_FILE)
    return {name: [(p.step, p.value) for p in points if p.name == name] for name in _CURVES}


def _same_picture(one: _Sight, other: _Sight) -> bool:
    if one.place.image != other.place.image:
        return False
    near = _FITS_TOGETHER * min(one.edge, other.edge)
    away = [abs(a - b) for a, b in zip(one.place.voxel, other.place.voxel, strict=True)]
    return away[1] < near and away[2] < near and away[0] < near


def _sight(image: TrainingImage, compared: FoundAndTrue, spot: Spot) -> _Sight:
    """A place with image, labels and result side by side."""
    part = spot.slice if image.slices is None else image.slices[spot.slice]
    _, height, width = image.image.shape
    grey = image.image.read(Region((part, 0, 0), (part + 1, height, width)), 0)[0]
    y0, x0, y1, x1 = spot.box
    edge = int(min(_EDGES[1], max(_EDGES[0], _AROUND * max(y1 - y0, x1 - x0))))
    rows, columns = _around(spot.middle[1], edge, height), _around(spot.middle[2], edge, width)
    shown = to_uint8(grey, auto_window(grey))[rows, columns]
    true, found = _labels(compared, spot.slice)
    panels = [np.repeat(shown[..., None], 3, axis=2)]
    panels += [overlay(shown, labels[rows, columns]) for labels in (true, found)]
    picture = side_by_side(panels, magnify=max(1, _WANTED // max(shown.shape)))
    near = _around(spot.middle[1], _RESULT_EDGE, height), _around(spot.middle[2], _RESULT_EDGE, width)
    around = found[near].astype(smallest_label_dtype(int(found[near].max(initial=0))))[None]
    place = MistakePlace(
        mistake=spot.mistake,
        image=image.name,
        file=str(image.files[0]) if image.files else "",
        time=image.time,
        voxel=image.in_file((part, *spot.middle[1:])),
        flat=image.flat,
        picture="",
        edge=edge,
        found_at=image.in_file((part, near[0].start, near[1].start)),
    )
    return _Sight(place, picture, edge, around)


def _around(middle: int, edge: int, length: int) -> slice:
    start = max(0, min(middle - edge // 2, length - edge))
    return slice(start, min(length, start + edge))


def _labels(compared: FoundAndTrue, z: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """True and found labels of a slice: objects, or classes where there are none."""
    if compared.true is not None and compared.found is not None:
        return compared.true[z], compared.found[z]
    classes = compared.true_classes[z]
    known = np.where(classes == IGNORED, np.uint8(0), classes)
    return known.astype(np.uint32), compared.found_classes[z].astype(np.uint32)
