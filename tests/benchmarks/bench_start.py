"""How long the window needs until it can be used. Run: ``python tests/benchmarks/bench_start.py [CHECKOUT …]``.

Starts the program as a user does, lets it close itself as soon as the window is shown and the event loop turns, and
prints wall time, processor time and peak memory of the whole process, next to an empty Python for comparison, and to
other versions of the program where their folders are named; the starts take turns. Modules are compiled before, as
those of an installed program are. Budget: 3 s on an idle machine, with torch not imported.
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


def once(command: list[str], folder: Path, home: str) -> tuple[float, float, float]:
    """(wall seconds, processor seconds, peak MB) of one start."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPYCACHEPREFIX": home,
        "VOXELWRIGHT_HOME": home,
        "VOXELWRIGHT_QUIT_AFTER_MS": "0",
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
    }
    start = time.perf_counter()
    process = psutil.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
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
    program = [sys.executable, "-m", "desktop_app"]
    commands = {
        "empty Python": ([sys.executable, "-c", "pass"], REPOSITORY),
        "Voxelwright window": (program, REPOSITORY),
        **{Path(place).name: (program, Path(place)) for place in sys.argv[1:]},
    }
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as home:
        for turn in range(ROUNDS + 1):
            for name, (command, folder) in commands.items():
                taken = once(command, folder, home)
                runs[name] += [taken] if turn else []
    print(f"{'':20}{'wall s':>18}{'processor s':>14}{'peak MB':>10}   (median; wall also min-max of {ROUNDS})")
    for name, each in runs.items():
        wall, processor, peak = (statistics.median(r[i] for r in each) for i in range(3))
        spread = f"{min(r[0] for r in each):.2f}-{max(r[0] for r in each):.2f}"
        print(f"{name:20}{wall:7.2f} {spread:>10}{processor:14.2f}{peak:10.0f}")


if __name__ == "__main__":
    main()
