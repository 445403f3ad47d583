"""What a run leaves behind of its curves: ``metrics.csv``, TensorBoard events, and pictures."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from desktop_app.core.job import Metric
from desktop_app.core.tuning import heard
from desktop_app.io.atomic import atomic_path, writing
from desktop_app.io.tables import write_csv
from desktop_app.io.training_curves import METRICS_FILE, PICTURES, read_points

_COLUMNS = ("step", "name", "value")
_Curve = tuple[Sequence[float], Sequence[float]]
_SIZE = (900, 420)  # px, by eye, as all below
_FRAME = (70, 40, 870, 370)  # px from left and top
_INK, _LINE, _PAPER = (40, 44, 52), (214, 218, 224), (255, 255, 255)  # RGB
_COLORS = ((32, 110, 190), (214, 96, 40), (40, 150, 90), (150, 80, 170))  # RGB
_GRID_LINES = 5  # at most, about: steps between numbers are round, by eye
_HAIR = 1e-9  # of a step: an end that is a round number counts as such
_BETWEEN_NAMES = 18  # px


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
    _after: int | None = None

    @classmethod
    def begun(cls, folder: Path) -> RunLog:
        """Begin; points of a stopped beginning, of which no state was saved, are dropped."""
        return cls.resumed(folder, 0) if (folder / METRICS_FILE).exists() else cls(folder)

    @classmethod
    def resumed(cls, folder: Path, step: int) -> RunLog:
        """Go on after ``step``: later points, written before a crash, are dropped, in TensorBoard, too, and those that
        tell how objects were made.
        """
        path = folder / METRICS_FILE
        points = [point for point in read_points(path) if point.step <= step and heard(point) is None]
        write_csv(path, [_row(p) for p in points], _COLUMNS)
        return cls(folder, points, _after=step)

    def add(self, metrics: Sequence[Metric]) -> None:
        """Write some points down.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        path = self.folder / METRICS_FILE
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

    def add_picture(self, name: str, step: int, picture: NDArray[np.uint8]) -> None:
        """Write a picture ``(Y, X, 3) uint8`` down: ``pictures/NAME-STEP.png``, and for TensorBoard.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        packed = io.BytesIO()
        Image.fromarray(picture).save(packed, format="PNG")
        path = self.folder / PICTURES / f"{name}-{step:07d}.png"
        with writing(path):
            path.parent.mkdir(exist_ok=True)  # the run itself must be there: its drive may have been disconnected
        with writing(path), atomic_path(path) as temporary:
            temporary.write_bytes(packed.getvalue())
        height, width, colors = picture.shape
        shown = Summary.Image(height=height, width=width, colorspace=colors, encoded_image_string=packed.getvalue())
        with writing(path):
            self._append([Event(wall_time=time.time(), step=step, summary=_summary(tag=name, image=shown))])

    def _write_events(self, metrics: Sequence[Metric]) -> None:
        now = time.time()
        self._append(
            [Event(wall_time=now, step=m.step, summary=_summary(tag=m.name, simple_value=m.value)) for m in metrics]
        )

    def _append(self, events: list[Event]) -> None:
        if self._events is None:
            folder = self.folder / "tensorboard"
            folder.mkdir(exist_ok=True)
            self._events = folder / f"events.out.tfevents.{time.time_ns()}.voxelwright"
            events = [*self._first_events(), *events]
        with self._events.open("ab") as file:
            writer = RecordWriter(file)
            for event in events:
                writer.write(event.SerializeToString())

    def _first_events(self) -> list[Event]:
        """What a file of events begins with; where a run goes on, TensorBoard is told what no longer counts."""
        now = time.time()
        begun = [Event(wall_time=now, file_version="brain.Event:2")]
        if self._after is not None:
            log = SessionLog(status=SessionLog.START)
            begun.append(Event(wall_time=now, step=self._after + 1, session_log=log))
        return begun


def _summary(**value: Any) -> Summary:
    return Summary(value=[Summary.Value(**value)])


def _row(metric: Metric) -> dict[str, object]:
    return {"step": metric.step, "name": metric.name, "value": f"{metric.value:.6g}"}


def draw_curves(path: Path, title: str, curves: Mapping[str, _Curve], across: str = "step") -> None:
    """Write a picture with one line per curve; nothing is written where there are no points.

    Args:
        path: The PNG file.
        title: Above the picture.
        curves: Steps, or what else goes across, and values by name; the first four are drawn, of equal ones the last.
        across: What goes across.
    """
    several = {name: curve for name, curve in curves.items() if len(curve[0]) > 0}
    unlike = {(tuple(xs), tuple(ys)): name for name, (xs, ys) in several.items()}  # one would lie below the other
    shown = {name: several[name] for name in list(unlike.values())[: len(_COLORS)]}
    if not shown:
        return
    image = Image.new("RGB", _SIZE, _PAPER)
    pen = ImageDraw.Draw(image)
    steps = [s for xs, _ in shown.values() for s in xs]
    values = [v for _, ys in shown.values() for v in ys]
    x_range, y_range = (0.0, max(max(steps), 1.0)), _padded(min(values), max(values))
    _draw_frame(pen, (title, across), x_range, y_range)
    left = float(_FRAME[0])
    for (name, (xs, ys)), color in zip(shown.items(), _COLORS, strict=False):
        places = [_place(x, y, x_range, y_range) for x, y in zip(xs, ys, strict=True)]
        if len(places) == 1:
            (x, y) = places[0]
            # A dot of 3 px.
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=color)
        else:
            pen.line(places, fill=color, width=2, joint="curve")
        # A dash of the curve's colour, px, above the frame.
        pen.line((left, 30, left + 20, 30), fill=color, width=3)
        pen.text((left + 26, 24), name, fill=_INK)  # px behind the dash
        left += 26 + pen.textlength(name) + _BETWEEN_NAMES
    with atomic_path(path) as temporary:
        image.save(temporary, format="PNG")


def round_numbers(low: float, high: float) -> list[float]:
    """Numbers between two others, ends included, for an axis: 1, 2 or 5 times a power of ten apart."""
    apart = (high - low) / _GRID_LINES
    power = 10.0 ** math.floor(math.log10(apart))
    step = power * next(times for times in (1, 2, 5, 10) if apart <= times * power * (1 + _HAIR))
    first = math.ceil(low / step - _HAIR)
    count = math.floor(high / step + _HAIR) - first + 1
    return [round((first + place) * step, 12) + 0.0 for place in range(count)]  # digits: 3 * 0.1 is 0.3


def _padded(low: float, high: float) -> tuple[float, float]:
    room = 0.05 * (high - low) or max(0.05, 0.05 * abs(high))  # so that no curve runs along the frame
    return low - room, high + room


def _place(x: float, y: float, x_range: tuple[float, float], y_range: tuple[float, float]) -> tuple[float, float]:
    left, top, right, bottom = _FRAME
    across = (x - x_range[0]) / (x_range[1] - x_range[0])
    up = (y - y_range[0]) / (y_range[1] - y_range[0])
    return left + across * (right - left), bottom - up * (bottom - top)


def _draw_frame(
    pen: ImageDraw.ImageDraw, titles: tuple[str, str], x_range: tuple[float, float], y_range: tuple[float, float]
) -> None:
    left, _, right, bottom = _FRAME
    pen.line((left, bottom, right, bottom), fill=_LINE)
    for value in round_numbers(*y_range):
        _, y = _place(x_range[0], value, x_range, y_range)
        pen.line((left, y, right, y), fill=_LINE)
        pen.text((left - 8, y), f"{value:.6g}", fill=_INK, anchor="rm")  # px beside the frame
    for value in round_numbers(*x_range):
        x, _ = _place(value, y_range[0], x_range, y_range)
        pen.text((x, bottom + 8), f"{value:.6g}", fill=_INK, anchor="mt")  # px below it
    pen.text((left, 6), titles[0], fill=_INK)
    pen.text((right - 6 * len(titles[1]) - 6, bottom + 28), titles[1], fill=_INK)
