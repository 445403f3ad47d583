"""How long the window needs until it can be used. Run: ``python tests/benchmarks/bench_start.py``.

Starts the program as a user does, lets it close itself as soon as the window is shown and the event loop turns, and
prints wall time, processor time and peak memory of the whole process, next to an empty Python for comparison.
Budget: 3 s on an idle machine, with torch not imported.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
ROUNDS = 7


def once(command: list[str], home: str) -> tuple[float, float, float]:
    """(wall seconds, processor seconds, peak MB) of one start."""
    environment = {
        **os.environ,
        "VOXELWRIGHT_HOME": home,
        "VOXELWRIGHT_QUIT_AFTER_MS": "0",
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
    }
    start = time.perf_counter()
    process = psutil.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.DEVNULL)
    processor, peak = 0.0, 0.0
    while process.poll() is None:
        try:
            times = process.cpu_times()
            processor = times.user + times.system
            peak = max(peak, process.memory_info().rss / 1e6)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.01)
    if process.wait() != 0:
        raise SystemExit(f"The program ended with status {process.returncode}.")
    return time.perf_counter() - start, processor, peak


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home:
        commands = {
            "empty Python": [sys.executable, "-c", "pass"],
            "Voxelwright window": [sys.executable, "-m", "desktop_app"],
        }
        for command in commands.values():
            once(command, home)
        print(f"{'':20}{'wall s':>18}{'processor s':>14}{'peak MB':>10}   (median; wall also min-max of {ROUNDS})")
        for name, command in commands.items():
            runs = [once(command, home) for _ in range(ROUNDS)]
            wall, processor, peak = (statistics.median(r[i] for r in runs) for i in range(3))
            spread = f"{min(r[0] for r in runs):.2f}-{max(r[0] for r in runs):.2f}"
            print(f"{name:20}{wall:7.2f} {spread:>10}{processor:14.2f}{peak:10.0f}")


if __name__ == "__main__":
    main()
