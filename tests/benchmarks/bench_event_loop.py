"""How late the window answers while a model trains. Run: ``python tests/benchmarks/bench_event_loop.py [SECONDS]``.

Trains the default 3D network on made-up nuclei in a job thread, as the wizard does, while a timer in the window's
thread ticks every 10 ms. Lateness is how long after its time a tick came. Budget: 50 ms at the 95th percentile.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.learning import OptimisationParameters, ValidationParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.phantoms import nuclei_phantom
from desktop_app.core.job import JobContext, JobEvent, Progress
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.io.datasets import pairs_in_folder
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import write_volume

TICK_MS = 10


def write_images(folder: Path) -> None:
    """Four pairs of made-up nuclei."""
    for seed in range(4):
        phantom = nuclei_phantom(seed=seed)
        image = Volume.from_array(phantom.image, voxel_size=phantom.voxel_size, name=f"nuclei_{seed}")
        for sub in ("images", "labels"):
            (folder / sub).mkdir(exist_ok=True)
        write_volume(folder / "images" / f"nuclei_{seed}.tif", image.source, image)
        with label_writer(folder / "labels" / f"nuclei_{seed}.tif", image, np.dtype(np.uint16)) as writer:
            writer.write(Region.whole(image.shape), phantom.truth)


def percentiles(lateness: list[float]) -> str:
    """Median, 95th, 99th percentile and maximum in ms."""
    p50, p95, p99 = np.percentile(lateness, (50, 95, 99))
    return f"{p50:8.1f}{p95:8.1f}{p99:8.1f}{max(lateness):9.1f}"


def watch(app: QApplication, seconds: float, until: list[int] | None = None) -> list[float]:
    """Lateness in ms of each tick during ``seconds``, and on until ``until`` holds something."""
    lateness: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        lateness.append(max(0.0, (now - last) * 1000 - TICK_MS))
        last = now
        if now - begin > seconds and (until is None or until):
            app.quit()

    begin = last
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(TICK_MS)
    app.exec()
    timer.stop()
    return lateness


def is_step(event: JobEvent) -> bool:
    """Whether it tells of a training step."""
    return isinstance(event, Progress) and event.message.startswith("Step ")


def main() -> None:
    """Print lateness without and with a training."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 40.0
    app, runner = QApplication(sys.argv[:1]), JobRunner()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder)
        config = TrainingConfig(
            output=str(folder / "run"),
            dataset=DatasetConfig(pairs=pairs_in_folder(folder)),
            optimisation=OptimisationParameters(iterations=100_000),
            validation=ValidationParameters(every=25),
        )
        print(f"{'':14}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>9}   ms late, ticks every {TICK_MS} ms")
        print(f"{'idle':14}{percentiles(watch(app, 3))}")

        def train(ctx: JobContext) -> object:
            from desktop_app.jobs.train.run import train_model

            return train_model(config, ctx)

        steps: list[int] = []
        handle = runner.start("Train", train, lane="gpu")
        handle.reported.connect(lambda event: steps.append(int(event.done)) if is_step(event) else None)
        print(f"{'getting ready':14}{percentiles(watch(app, 1, until=steps))}")
        first = steps[-1]
        print(f"{'training':14}{percentiles(watch(app, seconds))}")
        print(f"{steps[-1] - first} training steps meanwhile")
        handle.cancel()
        runner.wait_all(30)


if __name__ == "__main__":
    main()
