"""Choosing parameters of decoding on validation images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from desktop_app.core.config.base import Parameters
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.tuning import Tried, told
from desktop_app.ml.recipes.score_uncertainty import needed_gain

P = TypeVar("P", bound=Parameters)
Search = tuple[str, Iterable[float]]
"""Name of a parameter, and values to try."""


def best_parameters(
    start: P, searches: Sequence[Search], score: Callable[[P], Mapping[str, float]], ctx: JobContext
) -> P:
    """The parameters that score best, one searched after the other.

    A change must raise the score by more than its standard error on that many objects, and by more than 0.01, so that
    nothing drifts from its default by chance (after the one-standard-error rule of Breiman et al. 1984).

    Args:
        start: Where the search begins.
        searches: What to try, in this order.
        score: ``score`` of parameters on all validation images; where objects are counted, ``f1``, ``tp`` and ``fn``.
        ctx: Hears about progress and which values were tried with what score, and may cancel.

    Raises:
        JobCancelled: When asked to stop.
    """
    wanted = [(name, tuple(values)) for name, values in searches]
    total, done = sum(len(values) for _, values in wanted), 0
    best, reached = start, score(start)
    for name, values in wanted:
        ctx.report(told(Tried(name, getattr(best, name), reached["score"])))
        for value in values:
            ctx.raise_if_cancelled()
            done += 1
            ctx.report(Progress(done - 1, total, f"Tuning how objects are made: value {done} of {total}"))
            changed = best.model_copy(update={name: value})
            if changed == best:
                continue
            new = score(changed)
            ctx.report(told(Tried(name, value, new["score"])))
            if new["score"] > reached["score"] + needed_gain(reached):
                best, reached = changed, new
    return best
