"""How soon the first slice of a file is there, and what memory it takes, by format. Run by hand:

    python tests/benchmarks/bench_formats.py [SLICES]

Budget: where a format can be read in pieces, the middle slice of 134 MB of smooth noise is there within 300 ms and
takes less than 64 MB of memory. Packed as one stream (``.nii.gz``, ``.nrrd``) it cannot be, and is unpacked first.
Beside it stands the alternative: to read the whole file into memory. Each measurement is a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from desktop_app.core.imaging import Plane, Volume, VoxelSize
from desktop_app.io.images.registry import open_volume, write_volume

ROOT = Path(__file__).parents[2]
EDGE = 1024
_MB = 1e6
_BUDGET_MS, _BUDGET_MB = 300.0, 64.0


def _stack(slices: int) -> np.ndarray:
    """Smooth noise, which packs as images of microscopes do: to about half."""
    rng = np.random.default_rng(1)
    base = rng.normal(1000, 30, (slices, EDGE, EDGE)).astype(np.float32)
    return (base + np.linspace(0, 500, EDGE, dtype=np.float32)).astype(np.uint16)


def _files(folder: Path, slices: int) -> list[tuple[str, Path]]:
    sys.path.insert(0, str(ROOT))
    from tests.io.images.n5_files import write_n5
    from tests.io.images.nd2_files import loop, write_nd2

    stack = _stack(slices)
    volume = Volume.from_array(stack, voxel_size=VoxelSize(z=1, y=0.5, x=0.5, unit="µm"))
    endings = [".tif", ".ome.zarr", ".h5", ".nii", ".nii.gz", ".nrrd", ".mrc", ".npy"]
    files = []
    for ending in endings:
        path = folder / f"stack{ending}"
        write_volume(path, volume.source, volume)
        files.append((ending, path))
    sharded = folder / "sharded.ome.zarr"
    write_volume(sharded, volume.source, volume, flavour="0.5")
    files.append((".ome.zarr, 0.5 sharded", sharded))
    files.append((".n5, gzip", write_n5(folder / "stack.n5", stack, (16, 256, 256), "gzip")))
    rising = {"uiCount": slices, "dZLow": 0.0, "dZHigh": float(slices), "dZStep": 1.0}
    for packed in (False, True):
        name = f".nd2{', packed' if packed else ''}"
        path = folder / f"stack{'_packed' if packed else ''}.nd2"
        files.append((name, write_nd2(path, list(stack[..., None]), ["a"], loop(4, rising), packed=packed)))
    return files


def _measure(path: Path, whole: bool) -> None:
    """In a process of its own: print milliseconds and megabytes."""
    import psutil

    open_volume(_warm(path))
    process = psutil.Process()
    before, start = process.memory_info().rss, time.perf_counter()
    volume = open_volume(path)
    seen = volume.read() if whole else volume.plane(Plane.XY, volume.shape[0] // 2)
    took = (time.perf_counter() - start) * 1e3
    grown = max(0, process.memory_info().rss - before) / _MB
    sys.stdout.write(json.dumps({"ms": took, "mb": grown, "sum": int(seen.sum(dtype=np.int64))}))


def _warm(path: Path) -> Path:
    """A tiny file of the same format, so that loading libraries is not measured; else the file itself."""
    tiny = path.parent / "tiny" / path.name
    if not tiny.exists():
        tiny.parent.mkdir(exist_ok=True)
        try:
            volume = Volume.from_array(np.zeros((2, 8, 8), np.uint16))
            write_volume(tiny, volume.source, volume)
        except Exception:  # noqa: BLE001 - formats that are only read
            return path
    return tiny


def _in_process(path: Path, how: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", str(path), how]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env={**_environment()})
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def main(slices: int) -> None:
    """Write a file of each format, then measure."""
    with tempfile.TemporaryDirectory() as place:
        files = _files(Path(place), slices)
        sys.stdout.write(f"{slices} × {EDGE} × {EDGE}, 16 bits: {slices * EDGE * EDGE * 2 / _MB:.0f} MB. ")
        sys.stdout.write(f"Budget of the first slice: {_BUDGET_MS:.0f} ms, {_BUDGET_MB:.0f} MB.\n")
        head = f"{'format':<26}{'file MB':>9}{'first slice ms':>16}{'MB':>7}{'whole ms':>12}{'MB':>7}"
        sys.stdout.write(head + "\n")
        for name, path in files:
            size = sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file()) / _MB
            first, whole = _in_process(path, "first"), _in_process(path, "whole")
            over = "" if first["ms"] <= _BUDGET_MS and first["mb"] <= _BUDGET_MB else "   over"
            sys.stdout.write(
                f"{name:<26}{size:>9.0f}{first['ms']:>16.0f}{first['mb']:>7.0f}"
                f"{whole['ms']:>12.0f}{whole['mb']:>7.0f}{over}\n"
            )


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        _measure(Path(sys.argv[2]), sys.argv[3] == "whole")
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
