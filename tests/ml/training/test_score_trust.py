from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from desktop_app.core.config.dataset import DatasetSplitParameters, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import Note, RecordingContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode, SemanticTraining
from desktop_app.core.score_trust import ranges_of
from desktop_app.io.models import load_card
from desktop_app.jobs.train.run import train_model
from desktop_app.ml.recipes.base import Case, Task
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training.score_trust import ImageScores, present_classes, score_ranges, tuned_on_others

SEMANTIC = recipe_named("semantic")


def counted(specimen: str, right: int, missed: int) -> ImageScores:
    scores = {"tp": float(right), "fp": 0.0, "fn": float(missed), "dice/Object": right / (right + missed)}
    return ImageScores(specimen, scores, frozenset())


def test_specimens_that_differ_widen_the_range_and_images_of_one_do_not_narrow_it() -> None:
    alike = [counted(name, 19, 1) for name in "abcd"]
    low, high = score_ranges(alike, SEMANTIC)["f1"]
    assert low == high == pytest.approx(2 * 19 / 39, abs=1e-6)
    apart = [counted("a", 20, 0)] * 4 + [counted("b", 10, 10)] * 4
    low, high = score_ranges(apart, SEMANTIC)["f1"]
    assert (low, high) == (pytest.approx(2 / 3, abs=1e-6), 1)
    single = [replace(one, specimen=str(place)) for place, one in enumerate(apart)]
    narrow = score_ranges(single, SEMANTIC)["f1"]
    assert low < narrow[0] < narrow[1] < high


def test_a_single_image_has_no_range() -> None:
    assert score_ranges([counted("a", 3, 1)], SEMANTIC) == {}


def test_the_classes_of_labels_are_seen_also_where_they_number_objects() -> None:
    task = Task("classes", ("A", "B", "C"), (1, 2, 5), SemanticTraining(), 3)
    assert present_classes(np.array([[[0, 5, 1]]]), task) == {1, 3}
    assert present_classes(np.array([[[0, 2003]]]), replace(task, label_divisor=1000)) == {2}


def test_each_image_is_decoded_as_suits_other_specimens(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is chosen here is how many cases were looked at, and that those of the image's own specimen were not."""
    images: list[Any] = [_Image(name, specimen) for name, specimen in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "c"))]
    cases = [Case(image.specimen, np.zeros(1)) for image in images]

    def calibrate(looked: list[Case], *_: object) -> dict[str, Any]:
        return {"seen": "".join(str(case.maps) for case in looked)}

    monkeypatch.setattr(SEMANTIC, "calibrate", calibrate)
    task: Any = None
    found = tuned_on_others(cases, images, SEMANTIC, task, task, RecordingContext())
    assert [one["seen"] for one in found] == ["bc", "bc", "aac", "aab"]
    of_one = [_Image(image.name, "a") for image in images]
    found = tuned_on_others(cases, of_one, SEMANTIC, task, task, RecordingContext())  # type: ignore[arg-type]
    assert [one["seen"] for one in found] == ["abc", "abc", "aac", "aab"]
    assert tuned_on_others(cases[:1], images[:1], SEMANTIC, task, task, RecordingContext()) == []


class _Image:
    def __init__(self, name: str, specimen: str) -> None:
        self.name, self.specimen = name, specimen


def test_a_run_says_how_far_its_scores_can_be_trusted(
    phantom_pairs: Callable[[int], tuple[PairConfig, ...]], tiny_config: Callable[..., TrainingConfig]
) -> None:
    """Six specimens of two images give two to validation; where images are split singly, it says that they flatter."""
    pairs = phantom_pairs(6)
    twice = tuple(
        pair.model_copy(update={"name": f"{pair.name}_{n}", "group": pair.name}) for pair in pairs for n in range(2)
    )
    config, context = tiny_config(twice), RecordingContext()
    result = train_model(config, context)
    trust, card = result.trust, load_card(result.model)
    assert ranges_of(card.training) == trust.ranges
    assert f"{card.metrics['dice']:.3f} ({trust.ranges['dice'][0]:.3f} to" in (result.model / "README.md").read_text()
    assert (trust.images, len(trust.specimens), trust.known_specimens, trust.sentences) == (4, 2, (), ())
    low, high = trust.ranges["dice"]
    assert 0 <= low <= high <= 1
    by_image = config.dataset.model_copy(update={"split": DatasetSplitParameters(by="image")})
    mixed = config.model_copy(update={"dataset": by_image, "output": f"{config.output}-mixed"})
    flattered = train_model(mixed, context).trust
    assert flattered.known_specimens
    assert set(flattered.sentences) <= {note.text for note in context.of_kind(Note)}


def test_a_score_is_that_of_decoding_tuned_on_others(
    phantom_pairs: Callable[[int], tuple[PairConfig, ...]],
    tiny_config: Callable[..., TrainingConfig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tuning that empties the picture of others, and not the whole, leaves the score at nothing."""
    calls = []

    def calibrate(looked: list[Case], *_: object) -> dict[str, Any]:
        calls.append(len(looked))
        empties = SemanticDecode(min_size=10**6 if len(looked) == 1 else 3)
        return empties.model_dump()

    monkeypatch.setattr(SEMANTIC, "calibrate", calibrate)
    pairs = phantom_pairs(4)
    roles = ("train", "train", "validation", "validation")
    config = tiny_config(tuple(p.model_copy(update={"role": role}) for p, role in zip(pairs, roles, strict=True)))
    scores = train_model(config, RecordingContext()).scores
    assert calls == [2, 1, 1]
    assert scores["f1"] == 0
