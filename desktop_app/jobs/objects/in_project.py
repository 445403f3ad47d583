"""Carrying out what an operation would change in the labels of an open project, so that it can be undone."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.store import Edit, Patch
from desktop_app.io.labels.session import LabelSession
from desktop_app.objects.operations import Change
from desktop_app.objects.operations.carrying_out import patches_of


def carry_out_in_project(
    changes: Sequence[Change], labels: LabelSession, title: str, locked: frozenset[int], ctx: JobContext
) -> Edit | None:
    """Carry out changes as one step, to be given to ``LabelSession.finish``; None if nothing changed.

    The journal hears of each box before it is written. Nobody else may change the labels meanwhile.

    Args:
        changes: What to do.
        labels: Where.
        title: Of the step.
        locked: Labels that stay.
        ctx: Progress is the share of changes; when the user stops it, all is put back.

    Raises:
        UnwritableFileError: If the disk refuses; all is put back.
        JobCancelled: If the user stops it.
    """
    done: list[Patch] = []
    try:
        for number, patch in enumerate(patches_of(changes, labels.labels, locked)):
            ctx.raise_if_cancelled()
            ctx.report(Progress(number, len(changes), title))
            if patch is not None:
                labels.change(patch, title)
                done.append(patch)
    except BaseException:
        labels.take_back(done)
        raise
    return Edit(tuple(done), title) if done else None
