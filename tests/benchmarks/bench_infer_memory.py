"""Peak memory of ``infer`` on volumes of growing size: it must stay flat beyond the budget.

``python tests/benchmarks/bench_infer_memory.py [--edges 128 256 512] [--budget 1] [--model M.vwmodel] [--device auto]``

Writes volumes of made-up nuclei slab by slab, trains a very small model unless one is given, runs each volume in a
process of its own, and prints a table: edge, megavoxels, seconds, objects, peak resident memory, and what of it is
beyond the smallest volume's. 1024 takes about ten times as long as 512. ``--simple`` puts a plain threshold in the
network's place: tiles, maps, objects, files and tables are the same, and slow processors come to an end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.config.learning import OptimisationParameters, ValidationParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging.phantoms import Phantom, PhantomParameters, nuclei_phantom
from desktop_app.core.job import RecordingContext

_RUN = """
import sys
import numpy as np
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.batch.infer import run_inference
if sys.argv[1] == "simple":
    from desktop_app.ml.inference import Predictor
    def forward(self, tiles, maps_of):
        bright = np.clip(tiles[:, :1], 0, 1)
        return np.concatenate([bright * 1.6, bright], axis=1)
    Predictor.forward = forward
result = run_inference(InferenceConfig.model_validate_json(sys.stdin.read()), RecordingContext())
case = result.cases[0]
if case.state != "done":
    sys.exit(f"failed: {case.error}")
try:
    with open("/proc/self/status") as file:
        peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
except OSError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run.

    Attributes:
        edge: Of the cube, voxels.
        seconds: Wall time with start-up.
        peak_mb: Peak resident memory of the process, MiB.
        objects: Found.
    """

    edge: int
    seconds: float
    peak_mb: float
    objects: int


def say(text: str) -> None:
    """A line on the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def write_cube(path: Path, phantom: Phantom, edge: int) -> None:
    """Mirror images of a phantom side by side, as an uncompressed ImageJ-like stack written slice by slice."""
    depth, height, width = phantom.image.shape
    folded = [np.pad(np.arange(n), (0, max(0, edge - n)), mode="symmetric")[:edge] for n in (depth, height, width)]

    def slices() -> Iterator[np.ndarray]:
        for z in folded[0]:
            yield phantom.image[z][folded[1]][:, folded[2]]

    size = phantom.voxel_size
    tifffile.imwrite(
        path, slices(), shape=(edge, edge, edge), dtype=np.uint16, bigtiff=edge >= 1024, photometric="minisblack",
        resolution=(1 / size.x, 1 / size.y), metadata={"axes": "ZYX", "spacing": size.z, "unit": "um"},
        imagej=edge < 1024,
    )  # fmt: skip


def small_model(folder: Path, phantom: Phantom, steps: int) -> Path:
    """A very small model, quickly trained."""
    from desktop_app.jobs.train.run import train_model

    pairs = []
    for number, part in enumerate((slice(0, 48), slice(48, 96))):
        image, labels = folder / f"image{number}.tif", folder / f"labels{number}.tif"
        for path, array in ((image, phantom.image), (labels, phantom.truth)):
            tifffile.imwrite(path, array[part, :128, :128], imagej=True, metadata={"axes": "ZYX"})
        pairs.append(PairConfig(name=f"{number}", image=str(image), labels=str(labels), voxel_size=phantom.voxel_size))
    config = TrainingConfig(
        name="small", output=str(folder / "run"),
        dataset=DatasetConfig(pairs=tuple(pairs), split=DatasetSplitParameters()),
        network_arguments={"channels": 4, "levels": 2}, patch_size=(16, 48, 48),
        optimisation=OptimisationParameters(iterations=steps), validation=ValidationParameters(every=steps),
    )  # fmt: skip
    return train_model(config, RecordingContext()).model


def measured(edge: int, image: Path, model: Path, wanted: argparse.Namespace) -> Measured:
    """Run one volume in its own process."""
    out = image.with_suffix(".results")
    tiling = TilingParameters(memory_gb=wanted.budget, overlap=0.1)
    config = InferenceConfig(
        model=str(model), inputs=(str(image),), output=str(out), tiling=tiling, device=wanted.device
    )
    how = "simple" if wanted.simple else "network"
    start = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-c", _RUN, how], input=config.model_dump_json(), text=True, stdout=subprocess.PIPE
    )
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"The run on {edge} voxels failed.")
    peak = int(process.stdout.split()[-1]) / 1024
    record = json.loads((out / "finished" / f"{image.stem}.json").read_text())
    return Measured(edge, seconds, peak, record["objects"])


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, nargs="+", default=[128, 256, 512])
    parser.add_argument("--budget", type=float, default=1.0, help="memory budget in GiB")
    parser.add_argument("--model", type=Path, help="a .vwmodel; without it a small one is trained")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--simple", action="store_true", help="a threshold instead of the network")
    parser.add_argument("--folder", type=Path, help="where volumes are written; the temporary folder by default")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=wanted.folder) as name:
        folder = Path(name)
        phantom = nuclei_phantom(PhantomParameters(shape=(96, 192, 192), nuclei=500), seed=3)
        model = wanted.model or small_model(folder, phantom, 1 if wanted.simple else 150)
        say(f"budget {wanted.budget:g} GiB, device {wanted.device}")
        say(f"{'edge':>6} {'Mvoxels':>9} {'seconds':>9} {'objects':>9} {'peak MiB':>9} {'beyond first':>13}")
        first: Measured | None = None
        for edge in wanted.edges:
            image = folder / f"cube{edge}.tif"
            write_cube(image, phantom, edge)
            run = measured(edge, image, model, wanted)
            first = first or run
            beyond = run.peak_mb - first.peak_mb
            say(f"{edge:6d} {edge**3 / 1e6:9.1f} {run.seconds:9.1f} {run.objects:9d} {run.peak_mb:9.0f} {beyond:13.0f}")
            image.unlink()


if __name__ == "__main__":
    main()
