"""What became of a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from desktop_app.core.advice.record import TrainingAdvice
from desktop_app.core.score_trust import ScoreTrust

Stopped: TypeAlias = Literal["finished", "early", "cancelled"]
Kept: TypeAlias = Literal["learned", "mean", "start"]
"""The weights that a training kept: what it learned, their mean with the start model, or the start model itself."""
_FEW_OBJECTS = 10  # with ten objects one more or less changes F1 by 0.05 to 0.1


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training has made.

    Attributes:
        run: The run folder.
        model: The model bundle in it.
        scores: On validation images by name (``dice``, ``f1``, …), 0 to 1; ``test/…`` on test images,
            ``start/…`` before finetuning.
        best_step: Step whose weights were kept.
        stopped: Why it ended.
        objects: True objects in the validation images; None where they are not counted.
        kept: Which weights the model has.
        trust: How far the scores can be trusted.
        advice: What went wrong and what would help most; None where no image with labels was kept aside.
        doubts: Why the result may be poor, with what to do, where that shows without labels, too.
    """

    run: Path
    model: Path
    scores: dict[str, float]
    best_step: int
    stopped: Stopped
    objects: int | None = None
    kept: Kept = "learned"
    trust: ScoreTrust = field(default_factory=ScoreTrust)
    advice: TrainingAdvice | None = None
    doubts: tuple[str, ...] = ()

    @property
    def caution(self) -> str:
        """A sentence where so few objects were checked that the scores are a rough guess, else nothing."""
        if self.objects is None or self.objects >= _FEW_OBJECTS:
            return ""
        held = {0: "no object", 1: "a single object"}.get(self.objects, f"{self.objects} objects only")
        return f"The images kept aside hold {held}: the scores are a rough guess. Look at the outlines yourself."
