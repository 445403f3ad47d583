"""What a run leaves behind of its curves: ``metrics.csv`` and TensorBoard events."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from desktop_app.core.job import Metric
from desktop_app.io.atomic import writing
from desktop_app.io.tables import read_csv, write_csv

_COLUMNS = ("step", "name", "value")


@dataclass(slots=True)
class RunLog:
    """Appends metrics to the files of a run, and remembers them.

    Attributes:
        folder: The run folder.
        points: Everything logged so far, oldest first.
    """

    folder: Path
    points: list[Metric] = field(default_factory=list)
    _events: Path | None = None

    @classmethod
    def resumed(cls, folder: Path, step: int) -> RunLog:
        """Go on after ``step``: later points, written before a crash, are dropped."""
        path = folder / "metrics.csv"
        rows = read_csv(path) if path.is_file() else []
        points = [Metric(r["name"], int(r["step"]), float(r["value"])) for r in rows if int(r["step"]) <= step]
        write_csv(path, [_row(p) for p in points], _COLUMNS)
        return cls(folder, points)

    def add(self, metrics: Sequence[Metric]) -> None:
        """Write some points down.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        path = self.folder / "metrics.csv"
        self.points.extend(metrics)
        with writing(path):
            new = not path.exists()
            with path.open("a", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, _COLUMNS)
                if new:
                    writer.writeheader()
                writer.writerows(_row(metric) for metric in metrics)
            self._write_events(metrics)

    def curve(self, name: str) -> tuple[list[int], list[float]]:
        """Steps and values of one metric."""
        points = [p for p in self.points if p.name == name]
        return [p.step for p in points], [p.value for p in points]

    def _write_events(self, metrics: Sequence[Metric]) -> None:
        now = time.time()
        events = [
            Event(wall_time=now, step=m.step, summary=Summary(value=[Summary.Value(tag=m.name, simple_value=m.value)]))
            for m in metrics
        ]
        if self._events is None:
            folder = self.folder / "tensorboard"
            folder.mkdir(parents=True, exist_ok=True)
            self._events = folder / f"events.out.tfevents.{time.time_ns()}.voxelwright"
            events.insert(0, Event(wall_time=now, file_version="brain.Event:2"))
        with self._events.open("ab") as file:
            writer = RecordWriter(file)
            for event in events:
                writer.write(event.SerializeToString())


def _row(metric: Metric) -> dict[str, object]:
    return {"step": metric.step, "name": metric.name, "value": f"{metric.value:.6g}"}
