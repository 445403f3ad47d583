"""What a batch keeps beside its results: what is finished, the summary, the log."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED
from desktop_app.core.job import CaseState, JobContext, Note
from desktop_app.io.atomic import write_json, writing
from desktop_app.io.disk_state import disk_state
from desktop_app.io.images.registry import channel_files
from desktop_app.io.json_files import read_json
from desktop_app.io.tables import write_csv
from desktop_app.jobs.batch.inputs import BatchCase

SUMMARY_COLUMNS = ("image", "state", "objects", "seconds", "error", "labels", "table", "path", "notes")
_RECORDS = "finished"
SUMMARY = "summary.csv"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one image.

    Attributes:
        name: File name of the image.
        path: The image.
        state: ``done``, ``skipped``, ``failed`` or ``cancelled``; ``waiting`` until its turn.
        objects: Number of objects; None for class labels and where unknown.
        seconds: Time spent.
        error: One sentence when it failed.
        output: Path of the label file once written.
        table: Path of the object table once written.
        more: Paths of further label files.
        notes: What the user should know about how it was read and how it fits the model.
    """

    name: str
    path: Path
    state: CaseState
    objects: int | None = None
    seconds: float | None = None
    error: str = ""
    output: str = ""
    table: str = ""
    more: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class BatchLog:
    """Lines with the time in ``log.txt``.

    Raises:
        UnwritableFileError: If the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def line(self, text: str) -> None:
        """Add a line (or several, such as a traceback)."""
        with writing(self._path), self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}  {text.rstrip()}\n")


@dataclass(frozen=True, slots=True)
class Marks:
    """Codes of all that the results of an image depend on.

    Attributes:
        labels: Changes when anything of it changes.
        maps: Changes unless only that changes how maps become labels, or what is written beside them.
    """

    labels: str
    maps: str


def fingerprint(config: InferenceConfig, card: ModelCard, decode: dict[str, Any], case: BatchCase) -> Marks:
    """The marks of an image."""
    facts: dict[str, Any] = {
        "model": [card.weights_sha256, card.name, card.recipe, card.network],
        "config": config.model_dump(mode="json", include={"mode", "channels"}),
        "overlap": config.tiling.overlap,
        "tile": config.tiling.tile,
        "image": [os.path.realpath(case.path), *map(disk_state, channel_files(case.path))],
    }
    reading = case.reading
    if reading != AS_STATED:
        facts["reading"] = reading.model_dump(mode="json")
    if config.time is not None:
        facts["time"] = config.time
    prediction = {**card.prediction, **config.prediction}
    if prediction:
        facts["prediction"] = prediction
    made: dict[str, Any] = {"decode": decode, "measure": config.measure}
    if config.then:
        made["then"] = [step.model_dump(mode="json") for step in config.then]
    return Marks(_code({**facts, **made}), _code(facts))


def _code(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def finished_result(case: BatchCase, mark: str) -> CaseResult | None:
    """The result of an earlier run with the same fingerprint whose files are all still there and whole."""
    try:
        record = read_json(record_path(case))
        same = record["fingerprint"] == mark
        whole = all(_bytes_of(case.labels.parent / name) == size for name, size in record["files"].items())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    if not (same and whole):
        return None
    table = str(case.table) if case.table.name in record["files"] else ""
    own = (case.labels.name, case.table.name)
    more = tuple(str(case.labels.parent / name) for name in record["files"] if name not in own)
    return CaseResult(
        case.title, case.path, "skipped", record.get("objects"), record.get("seconds"),
        output=str(case.labels), table=table, more=more, notes=tuple(record.get("notes", ())),
    )  # fmt: skip


def forget(case: BatchCase) -> None:
    """Results of this image no longer count as finished."""
    path = record_path(case)
    with writing(path):
        path.unlink(missing_ok=True)


def remember(case: BatchCase, mark: str, result: CaseResult) -> None:
    """Mark an image as finished; the very last thing written for it."""
    files = [Path(p) for p in (result.output, result.table, *result.more) if p]
    record = {
        "fingerprint": mark,
        "image": os.path.realpath(case.path),
        "objects": result.objects,
        "seconds": result.seconds,
        "files": {path.name: _bytes_of(path) for path in files},
        "notes": result.notes,
    }
    path = record_path(case)
    with writing(path):
        path.parent.mkdir(exist_ok=True)
    write_json(path, record)


def write_summary(folder: Path, results: list[CaseResult], ctx: JobContext) -> Path:
    """Rewrite ``summary.csv``; a note says so where it cannot be written, for example open in a spreadsheet."""
    path = folder / SUMMARY
    rows = [
        {
            "image": r.name, "state": r.state, "objects": r.objects,
            "seconds": None if r.seconds is None else round(r.seconds, 2), "error": r.error,
            "labels": Path(r.output).name if r.output else "", "table": Path(r.table).name if r.table else "",
            "path": str(r.path), "notes": " ".join(r.notes),
        }
        for r in results
    ]  # fmt: skip
    try:
        write_csv(path, rows, SUMMARY_COLUMNS)
    except UserError as error:
        ctx.report(Note("warning", str(error)))
    return path


def record_path(case: BatchCase) -> Path:
    """Where it stands that an image is finished."""
    return case.labels.parent / _RECORDS / f"{case.stem}.json"


def _bytes_of(path: Path) -> int:
    """Size of a file, or of all files of a folder.

    Raises:
        OSError: If it is gone.
    """
    if path.is_dir():
        return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
    return path.stat().st_size
