"""How well the defaults find what they have not seen, beside the classical way and a plain MONAI script.

    OMP_NUM_THREADS=2 python -m tests.benchmarks.bench_accuracy nuclei3d_embryo --minutes 6 --splits 5

from the repository's root, with the data in ``--data``. Trains by the wizard's defaults with whole groups left out (as
the product tells groups from names), labels the images left out by the product's own batch, and does the same by
Otsu's threshold with a watershed, and by a MONAI U-Net of inside and boundary with as much time. ``all`` takes every
set, and ``--try "NAME: key=value …"`` compares settings with the defaults, on the same splits and seeds, also
``recipe=``, ``network=`` and ``start_from=``, whose model is also scored before it learns; ``--few N`` learns from N
images drawn anew for each seed. ``--networks`` takes every network of the voxelwise recipe, with what its record
suggests.

Time is processor time: ``--minutes`` are those of ``--cores`` cores that do nothing else, so that what else the
computer does changes the clock, but not how much is learned. Reading, checks and tuning are part of it. The last lines
say what the product promised: its score on its own validation images, and how far the images left out were from that.
Several numbers after ``--minutes`` show how scores grow with time; where these are few, ``--checks 1`` leaves them for
learning.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.networks.registry import NETWORKS
from tests.benchmarks.accuracy.classical import classical
from tests.benchmarks.accuracy.clock import Watch
from tests.benchmarks.accuracy.ours import Candidate, Cost, configuration, cost_of, labelled, trained
from tests.benchmarks.accuracy.plain import train_plain
from tests.benchmarks.accuracy.scoring import SHOWN_OVERLAPS, Tally, ap_at, in_words
from tests.benchmarks.accuracy.sets import SETS, BenchSet, Sample, splits
from tests.peak_memory import memory_taken

_SHOWN = ("F1", "F1@0.75", *map(ap_at, SHOWN_OVERLAPS), "AP", "PQ", "Dice")
_TITLES = {
    "learned": "processor seconds of learning",
    "labelled": "processor seconds of labelling",
    "promise": "promised by its validation",
    "gap": "promise and what came, how far apart",
    "within": "what came lay within the promised range",
    "memory": "MB that learning took",
}
_BESIDE = ("Dice", "F1", "AP", "learned", "steps", "labelled", "memory")
"""What a line for each way tells, to be laid beside the others."""
_WHOLE = ("learned", "steps", "labelled", "memory")
"""Of these, what is told without decimals."""


@dataclass(slots=True)
class Table:
    """Scores of each way on each split and seed.

    Attributes:
        rows: By the name of the way.
    """

    rows: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def add(self, name: str, split: int, scores: dict[str, float], notes: str) -> None:
        """Keep a row, and print it."""
        self.rows.setdefault(name, []).append(scores)
        shown = "  ".join(f"{key} {scores[key]:.3f}" for key in _SHOWN if key in scores)
        times = f"learned {scores['learned']:.0f} s, labelled {scores['labelled']:.1f} s"
        say(f"  split {split + 1}  {name:28s} {shown}  ({times} of processor; {notes})")

    def show(self) -> None:
        """Mean and range of all splits and seeds."""
        for name, rows in self.rows.items():
            say(f"  {name}, {len(rows)} runs:")
            for key in (*_SHOWN, *_TITLES):
                values = [row[key] for row in rows if key in row]
                if values:
                    say(f"    {_TITLES.get(key, key):42s} {in_words(values)}")
        self._show_beside(_BESIDE)
        self._show_beside([ap_at(overlap) for overlap in SHOWN_OVERLAPS])

    def _show_beside(self, keys: Sequence[str]) -> None:
        """Means of all splits and seeds, a line for each way; seconds are of the processor, memory is in MB."""
        keys = [key for key in keys if any(key in row for rows in self.rows.values() for row in rows)]
        if not keys:
            return
        width = max(len(name) for name in self.rows)
        say(f"  {'':{width}s}" + "".join(f"{key:>10s}" for key in keys))
        for name, rows in self.rows.items():
            cells = []
            for key in keys:
                values = [row[key] for row in rows if key in row]
                digits = 0 if key in _WHOLE else 3
                cells.append(f"{fmean(values):10.{digits}f}" if values else f"{'-':>10s}")
            say(f"  {name:{width}s}" + "".join(cells))


_MB = 2**20


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Split:
    """One split of a set: what is learned from, what is left out, and where scores go."""

    bench: BenchSet
    number: int
    learned: Sequence[Sample]
    left: Sequence[Sample]
    table: Table

    def add(self, name: str, found: dict[str, NDArray[Any]], extra: dict[str, float], notes: str) -> None:
        """Score the labels of the images left out."""
        tally = Tally(self.bench)
        for sample in self.left:
            tally.add(found[sample.name], sample.truth())
        scores = {**tally.scores(), **extra}
        came = scores["F1" if self.bench.kind == "objects" else "Dice"]
        if "promise" in scores:
            scores["gap"] = abs(scores["promise"] - came)
        if "low" in scores:
            scores["within"] = float(scores["low"] <= came <= scores["high"])
        self.table.add(name, self.number, scores, notes)


def run_classical(split: Split) -> None:
    """The way without learning."""
    watch = Watch()
    found = classical(split.bench, split.learned, split.left)
    name = "Otsu and watershed" if split.bench.kind == "objects" else "Otsu"
    split.add(name, found, {"learned": 0.0, "labelled": watch.processor}, "chosen on the others")


def run_plain(split: Split, seconds: float, seed: int, name: str) -> None:
    """The script, with so many processor seconds."""
    watch = Watch()
    with memory_taken() as memory:
        plain = train_plain(split.bench, split.learned, seconds, seed)
    took, clock, watch = watch.processor, watch.clock, Watch()
    found = {sample.name: plain.labelled(sample) for sample in split.left}
    times = {"learned": took, "labelled": watch.processor, "steps": plain.steps, "memory": memory.count / _MB}
    split.add(name, found, times, f"{plain.steps} steps, {clock:.0f} s on the clock")


def run_start(split: Split, model: Path) -> None:
    """A model to improve, before it learns anything here."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        found = labelled(model, split.left, Path(folder))
    split.add(f"{model.stem} as it is", found, {"learned": 0.0, "labelled": watch.processor}, "before it learns")


def drawn(samples: Sequence[Sample], few: int, seed: int) -> Sequence[Sample]:
    """So many of the images, other ones for each seed; all where ``few`` is 0."""
    chosen = np.random.default_rng(seed).permutation(len(samples))[: few or None]
    return [samples[place] for place in sorted(chosen.tolist())]


def run_ours(
    split: Split, seconds: float, seed: int, candidate: Candidate, costs: dict[str, Cost], name: str, checks: int
) -> None:
    """The product, with so many processor seconds; what its parts cost is timed once a set."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        config = configuration(split.bench, split.learned, room, candidate, seed)
        if candidate.name not in costs:
            costs[candidate.name] = cost_of(config, room)
        with memory_taken() as memory:
            made = trained(config, seconds, costs[candidate.name], checks)
        watch = Watch()
        found = labelled(made.result.model, split.left, room / "labels")
        extra = {"learned": made.processor, "labelled": watch.processor, "memory": memory.count / _MB}
        extra["steps"] = made.config.optimisation.iterations
    notes = f"{made.config.network}, {made.config.optimisation.iterations} steps, {made.clock:.0f} s on the clock"
    score, promised = made.promised(split.bench)
    if promised is not None:
        extra["promise"] = promised
        notes += f"; promised {promised:.3f}"
    if score in made.result.trust.ranges:
        extra["low"], extra["high"] = made.result.trust.ranges[score]
        notes += f", {extra['low']:.3f} to {extra['high']:.3f}"
    split.add(name, found, extra, notes)


def run_set(bench: BenchSet, given: argparse.Namespace, candidates: Sequence[Candidate]) -> None:
    """All ways on all splits of a set."""
    with tempfile.TemporaryDirectory() as folder:
        samples = bench.samples(given.data, Path(folder) / "whole")
        groups = {sample.group for sample in samples}
        say(f"{bench.name}: {bench.counts}. {len(samples)} images of {len(groups)} groups.")
        table, costs = Table(), dict[str, Cost]()
        for number, (learned, left) in enumerate(splits(samples, given.splits)):
            if number < given.first_split:
                continue
            out = sorted({sample.group for sample in left})
            say(f"  split {number + 1}: {len(left)} left out, of {', '.join(out[:6])}{' …' if len(out) > 6 else ''}")
            split = Split(bench, number, learned, left, table)
            if "classical" in given.ways:
                run_classical(split)
            for model in dict.fromkeys(candidate.start for candidate in candidates if candidate.start):
                run_start(split, Path(model))
            for minutes, seed in product(given.minutes, range(1, 1 + given.seeds)):
                seconds, during = minutes * 60 * given.cores, f", {minutes:g} min"
                split = replace(split, learned=drawn(learned, given.few, seed))
                if "plain" in given.ways:
                    run_plain(split, seconds, seed, f"MONAI U-Net{during}")
                for candidate in candidates if "ours" in given.ways else ():
                    run_ours(split, seconds, seed, candidate, costs, f"{candidate.name}{during}", given.checks)
        table.show()


def every_network(bench: BenchSet) -> list[Candidate]:
    """A candidate for each network of the recipe ``semantic`` that sees as many dimensions, and two of their kinds."""
    fitting = (net for net in NETWORKS.values() if "semantic" in net.recipes and net.dimensions == bench.dimensions)
    names = {network.name: network.title.split(",")[0] for network in fitting}
    kinds = {
        "SegResNet with branch": ("segresnet", "network_arguments.autoencoder=0.1"),
        "nnU-Net ResEnc": ("dynunet", "network_arguments.residual=true"),
    }
    found = [Candidate(title, (f"network={name}",)) for name, title in names.items()]
    return found + [
        Candidate(title, (f"network={key}{bench.dimensions}d", setting)) for title, (key, setting) in kinds.items()
    ]


def _candidate(text: str) -> Candidate:
    name, colon, settings = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError("write it as “NAME: key=value key=value”")
    return Candidate(name.strip(), tuple(settings.split()))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=[*SETS, "all"], help="folder among the data")
    parser.add_argument("--minutes", type=float, nargs="+", default=[6.0], help="of learning, on --cores cores")
    parser.add_argument("--cores", type=int, default=2, help="that a minute is of")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--first-split", type=int, default=0, help="to go on after a stop")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--few", type=int, default=0, metavar="N", help="images to learn from; 0 takes all")
    parser.add_argument("--checks", type=int, default=0, help="while it learns; 0: as often as the wizard would")
    parser.add_argument(
        "--ways", nargs="+", choices=["ours", "classical", "plain"], default=["ours", "classical", "plain"]
    )
    parser.add_argument(
        "--try", dest="tried", action="append", type=_candidate, default=[], metavar="NAME: KEY=VALUE …"
    )
    parser.add_argument("--networks", action="store_true", help="also every network of the voxelwise recipe")
    parser.add_argument("--only-tried", action="store_true", help="leave the defaults out")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args(arguments)
    candidates = [*([] if given.only_tried else [Candidate("Voxelwright")]), *given.tried]
    for bench in SETS.values() if given.set == "all" else [SETS[given.set]]:
        run_set(bench, given, candidates + (every_network(bench) if given.networks else []))


if __name__ == "__main__":
    main()
