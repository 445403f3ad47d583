"""How a run goes on that was stopped, or had ended."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.config.learning import MOST_STEPS
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError


class Continuation(Parameters):
    """What is otherwise than before; nothing by default, so that a stopped run goes on as if it had never stopped."""

    steps: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        title="More training steps",
        json_schema_extra=field_extra(zero="as planned"),
        description="Learned beyond those that it has; the learning rate rises and falls once more in these. Half of "
        "the first training is a good start. 0 goes on to the planned end.",
    )
    learning_rate: float | None = Field(
        default=None,
        gt=0,
        le=1,
        title="Learning rate",
        json_schema_extra=field_extra() | {"none": "As before"},
        description="In place of the one before. A half to a tenth of it keeps what was learned.",
    )
    state: Literal["last", "best"] = Field(
        default="last",
        title="Go on from",
        json_schema_extra=field_extra(titles={"last": "The last state", "best": "The best state"}),
        description="The best state is that of the model; the optimiser then starts fresh.",
    )
    count_from: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        title="Count steps from",
        json_schema_extra=field_extra(advanced=True) | {"none": "Go on counting"},
        description="Begins the counting and the learning rate anew at this step, without a warm-up; 0 is the "
        "beginning. The curves from before are kept in a file beside the new ones.",
    )

    @property
    def changes_nothing(self) -> bool:
        """Whether the run goes on as it was."""
        return self == Continuation()

    def first_step(self, done: int) -> int:
        """The step to go on from, where so many were done."""
        return done if self.count_from is None else self.count_from

    def applied(self, config: TrainingConfig, done: int) -> TrainingConfig:
        """The configuration with these changes.

        Args:
            config: Of the run so far.
            done: Steps done so far.

        Raises:
            UserError: If that is more than a training may have.
        """
        first, rates = self.first_step(done), config.optimisation
        changes: dict[str, object] = {}
        if self.steps:
            changes["iterations"] = first + self.steps
            if first + self.steps > MOST_STEPS:
                raise UserError(
                    f"{first:,} steps and {self.steps:,} more are more than the {MOST_STEPS:,} of a training.",
                    hint="Say fewer, or count steps anew.",
                )
        if self.learning_rate is not None:
            changes["learning_rate"] = self.learning_rate
        if self.count_from is not None:
            changes["warm_up"] = 0.0
        return config.model_copy(update={"optimisation": rates.model_copy(update=changes)})

    @property
    def restarts_rate(self) -> bool:
        """Whether the learning rate begins a stretch of its own."""
        return bool(self.steps) or self.count_from is not None
