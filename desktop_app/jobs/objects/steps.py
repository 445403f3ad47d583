"""Operations, one after the other, on labels in a working file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane
from desktop_app.core.job import JobContext, Progress
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.objects.operations import OPERATIONS, Change, Operation, Scene
from desktop_app.objects.operations.carrying_out import carry_out
from desktop_app.objects.operations.slice_only import only_in_slice


def operation_named(name: str) -> Operation:
    """The operation of that name.

    Raises:
        UserError: If there is none.
    """
    if name in OPERATIONS:
        return OPERATIONS[name]
    near = difflib.get_close_matches(name, OPERATIONS, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(OPERATIONS)}."
    raise UserError(f"There is no operation “{name}”.", hint=hint)


def parameters_of(step: ObjectStep) -> Any:
    """The parameters of a step, checked.

    Raises:
        UserError: If the operation is unknown, or a parameter is unknown or out of bounds.
    """
    operation = operation_named(step.operation)
    try:
        return operation.parameters.model_validate(step.parameters)
    except ValidationError as error:
        raise explain(error, f"The step “{operation.title}”") from error


def require_whole(steps: Iterable[ObjectStep]) -> None:
    """All steps can be done without anything being pointed at, and their parameters are right.

    Raises:
        UserError: Naming the step that is not possible.
    """
    for step in steps:
        parameters_of(step)
        if not operation_named(step.operation).for_whole_files:
            raise UserError(
                f"“{step.operation}” needs an object to be pointed at, so it cannot be a step of a batch.",
                hint="Run it on a single file: voxelwright objects.",
            )


def told_to(ctx: JobContext, title: str) -> Callable[[float], None]:
    """What an operation calls while it goes on, with the share that is done: it is told, and the user may stop."""

    def go_on(share: float) -> None:
        ctx.raise_if_cancelled()
        ctx.report(Progress(share, 1, title))

    return go_on


def take_step(
    step: ObjectStep, labels: LabelFile, scene: Scene, ctx: JobContext,
    heard: Callable[[Change], None] | None = None, only: tuple[Plane, int] | None = None,
) -> int:  # fmt: skip
    """Carry out an operation in a label file; returns the number of voxels changed.

    Args:
        step: The operation.
        labels: Changed in place.
        scene: What is known besides; its labels and largest number are those of ``labels``.
        ctx: For progress and cancelling.
        heard: Hears of each change before it is carried out.
        only: The one slice in which it is carried out; None: everywhere.

    Raises:
        UserError: If the step is not possible.
        JobCancelled: When asked to stop; the file is then half changed.
    """
    operation = operation_named(step.operation)
    if only is not None:
        operation = only_in_slice(operation, *only)
    whole = replace(scene, labels=labels, largest_id=labels.max_id(), go_on=told_to(ctx, operation.title))
    with labels.copying():
        return carry_out(operation, whole, parameters_of(step), heard)


class Origins:
    """From which objects new ones were made, so that they keep their class.

    Args:
        class_of: Name of the class of each object; new objects are added.
    """

    def __init__(self, class_of: dict[int, str]) -> None:
        self._class_of = class_of

    def hear(self, change: Change) -> None:
        """Take over the classes of what changes into new numbers."""
        for after in np.unique(change.after).tolist():
            if after and after not in self._class_of:
                before = change.before[(change.after == after) & (change.before > 0)]
                source = int(before[0]) if before.size else 0
                self._class_of[after] = self._class_of.get(source, "")
