"""The state of a batch in words; no Qt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.core.imaging.region import Plane
from desktop_app.core.job import CaseState, CaseUpdate
from desktop_app.io.images.registry import image_stem

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
    """Name, state, objects, seconds, and the error or what else is to be known of a row."""
    objects = "" if case.objects is None else f"{case.objects:,}"
    seconds = "" if case.seconds is None else f"{case.seconds:.1f}"
    return case.name, STATE_WORDS[case.state], objects, seconds, case.error or " ".join(case.notes)


def doing_words(run: BatchRun, case: CaseUpdate) -> str:
    """What is done to an image just now, and the last thing said about it; empty if it does not run."""
    if case.state != "running":
        return ""
    name = f"{case.name}: "
    message = run.progress.message if run.progress is not None else ""
    doing = message.removeprefix(name) if message.startswith(name) else ""
    said = run.notes[-1].removeprefix(name) if run.notes else ""
    return "  ·  ".join(part for part in (doing, said) if part)


def direction_files(labels: Path) -> dict[str, Path]:
    """The files beside a result that hold what each direction found, by plane; empty if they were not saved."""
    stem = image_stem(labels)
    ending = labels.name.removeprefix(stem)
    files = {plane.value: labels.with_name(f"{stem}_{plane}{ending}") for plane in Plane}
    return files if labels.name and all(path.exists() for path in files.values()) else {}


def table_file(labels: Path) -> Path | None:
    """The table of objects beside a result, None where none was written."""
    table = labels.with_name(f"{image_stem(labels)}_objects.csv")
    return table if table.exists() else None


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
