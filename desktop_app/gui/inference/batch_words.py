"""The state of a batch in words; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop_app.core.job import CaseState, CaseUpdate

if TYPE_CHECKING:
    from desktop_app.gui.inference.batch_run import BatchRun

STATE_WORDS: dict[CaseState, str] = {
    "waiting": "waiting",
    "running": "running…",
    "done": "done",
    "skipped": "done before",
    "failed": "failed",
    "cancelled": "stopped",
}


def case_words(case: CaseUpdate) -> tuple[str, str, str, str, str]:
    """Name, state, objects, seconds and error of a row."""
    objects = "" if case.objects is None else f"{case.objects:,}"
    seconds = "" if case.seconds is None else f"{case.seconds:.1f}"
    return case.name, STATE_WORDS[case.state], objects, seconds, case.error


def batch_status(run: BatchRun, left: str) -> str:
    """One line about the whole batch; ``left`` is the remaining time in words, or empty."""
    done, failed = run.count("done", "skipped"), run.count("failed")
    bad = f", {failed} failed" if failed else ""
    ready = f"{done} of {len(run.cases)} done{bad}"
    if run.state == "running":
        return f"{ready} · about {left} left" if left else ready
    return {
        "paused": f"Paused. {ready}.",
        "cancelling": f"Stopping after this step… {ready}.",
        "done": f"Finished: {ready}.",
        "cancelled": f"Stopped: {ready}. “Go on” computes the rest.",
        "failed": f"{run.error} {ready}.",
    }[run.state]
