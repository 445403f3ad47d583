"""What a voxelwise network should learn in order to tell touching objects apart.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_separation nuclei3d_embryo --minutes 3 --splits 2

from the repository's root, with the data in ``--data``. The product's network for a set learns classes and depth
(``product``), and besides them lengths of rays to the border (``stars``: Schmidt et al. 2018, arXiv 1806.03535; Weigert
et al. 2020, arXiv 1908.03636), or whether pairs of voxels are one object (``affinities``: Wolf et al. 2018 and 2020,
arXiv 1904.12654); ``--learn`` chooses among them. Patches, schedule, checks and tiles are the product's, targets are
made once a patch was turned and bent, and each gets as many steps as fit into so much time of one processor core.
Labels of whole groups left out are then made of each network in several ways: ``depth`` is the product's own, with its
own tuning, and each other way is tuned on the same validation images.

Found on embryos in 3 minutes with seed 1 (F1, AP, Dice), split 1 of 76 nuclei and split 2 of 141. Two trainings of the
same on split 1 differ by 0.04 in F1.

==================================  ====================================  ====================
learned: labels made by             split 1                               split 2
==================================  ====================================  ====================
product: depth (217, 250 steps)     0.797 and 0.837, 0.37, 0.89 and 0.88  0.676, 0.288, 0.879
affinities: depth (219, 232 steps)  0.853, 0.424, 0.892                   0.669, 0.217, 0.794
affinities: lowered depth           0.845, 0.423, 0.892                   0.700, 0.231, 0.792
affinities: regions joined          0.727, 0.324, 0.892                   0.440, 0.124, 0.817
affinities: mutex watershed         0.611, 0.266, 0.892                   0.330, 0.093, 0.817
stars: depth (126 steps)            0.830, 0.412, 0.903
stars: stars as seeds               0.851, 0.404, 0.903
stars: regions joined               0.754, 0.357, 0.882
stars: stars                        0.521, 0.082, 0.757
==================================  ====================================  ====================

None beats the product's way by more than trainings differ: affinities gain 0.03 on one split and lose nothing in F1,
but AP and Dice, on the other. What is made of rays or affinities alone is far worse after so few steps; lengths of rays
cost two fifths of the steps.

Pictures of nuclei (``nuclei2d_dsb``), as long (F1, AP, Dice; the product's split 1 by ``bench_accuracy``):

===========================  ===================  ===================  ===================
learned: labels made by      split 1              split 2              split 3
===========================  ===================  ===================  ===================
product: depth               0.813, 0.458, 0.909  0.876, 0.516, 0.904  0.867, 0.535, 0.915
affinities: depth            0.854, 0.486, 0.914  0.885, 0.507, 0.900  0.877, 0.526, 0.906
affinities: lowered depth    0.872, 0.512, 0.913  0.878, 0.499, 0.900  0.882, 0.527, 0.906
affinities: regions joined   0.793, 0.457, 0.907  0.863, 0.486, 0.900  0.861, 0.511, 0.905
affinities: mutex watershed  0.444, 0.184, 0.907  0.480, 0.180, 0.900  0.503, 0.213, 0.905
stars: depth (228 steps)     0.792, 0.448, 0.893
stars: regions joined        0.755, 0.420, 0.893
stars: stars as seeds        0.728, 0.362, 0.893
stars: stars                 0.704, 0.175, 0.789
===========================  ===================  ===================  ===================

But for split 1, whose trainings are not of one run, affinities gain 0.01 in F1 and lose 0.01 in AP and Dice: nothing
that would pay for maps of their own.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.benchmarks.accuracy.clock import Watch
from tests.benchmarks.accuracy.ours import Candidate, Cost, configuration, cost_of, labelled, trained
from tests.benchmarks.accuracy.scoring import Tally, in_words
from tests.benchmarks.accuracy.sets import SETS, BenchSet, Sample, splits
from tests.benchmarks.bench_accuracy import say
from tests.benchmarks.separation.affinities import Pairs
from tests.benchmarks.separation.affinity_recipe import AffinityRecipe
from tests.benchmarks.separation.learned import PRODUCT, SeparatingRecipe, in_place_of_the_product
from tests.benchmarks.separation.product import ProductRecipe
from tests.benchmarks.separation.star_recipe import StarRecipe
from tests.benchmarks.separation.stars import Star

_SCORES = ("F1", "F1@0.75", "AP", "PQ", "Dice")
SECONDS = 60  # of a minute
_RAYS = {2: 32, 3: 64}
_LONGEST = 4.0
"""Times the radius of a usual object: the longest ray."""
_SCALE_SAMPLES = 8
"""Images whose objects tell the usual radius."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Of the objects of a set.

    Attributes:
        radius: Of a usual one, in pixels along x.
        thickness: Distance of slices over the width of pixels.
    """

    radius: float
    thickness: float


def scale_of(bench: BenchSet, samples: Sequence[Sample]) -> Scale:
    """Of the median object of some images."""
    few = samples[:: max(1, len(samples) // _SCALE_SAMPLES)]
    sizes = []
    for sample in few:
        truth = sample.truth()
        sizes.append(np.unique(truth[truth > 0], return_counts=True)[1])
    usual = float(np.median(np.concatenate(sizes)))
    z, _, x = few[0].sampling
    if bench.dimensions == 2:
        return Scale((usual / np.pi) ** 0.5, 1.0)
    return Scale((0.75 * usual * z / x / np.pi) ** (1 / 3), z / x)


def recipe_of(name: str, bench: BenchSet, scale: Scale) -> SeparatingRecipe:
    """A fresh one of that name."""
    if name == "stars":
        star = Star.of(bench.dimensions, _RAYS[bench.dimensions], scale.thickness)
        return StarRecipe(star, _LONGEST * scale.radius)
    if name == "affinities":
        return AffinityRecipe(Pairs.of(bench.dimensions, scale.radius, scale.thickness))
    return ProductRecipe()


LEARNED = ("product", "stars", "affinities")


@dataclass(slots=True)
class Table:
    """Scores by the name of what was learned and how labels were made of it."""

    rows: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def add(self, name: str, split: int, scores: dict[str, float], notes: str) -> None:
        """Keep a row, and print it."""
        self.rows.setdefault(name, []).append(scores)
        shown = "  ".join(f"{key} {scores[key]:.3f}" for key in _SCORES)
        say(f"  split {split + 1}  {name:28s} {shown}  {scores['found']:.0f} of {scores['true']:.0f}  ({notes})")

    def show(self) -> None:
        """Mean and range of all splits."""
        for name, rows in self.rows.items():
            say(f"  {name:28s} " + "  ".join(f"{key} {in_words([row[key] for row in rows])}" for key in _SCORES))


@dataclass(frozen=True, slots=True)
class Bench:
    """What is asked, and what was found so far."""

    bench: BenchSet
    given: argparse.Namespace
    costs: dict[str, Cost] = field(default_factory=dict)
    table: Table = field(default_factory=Table)

    def run(self, name: str, number: int, learned: Sequence[Sample], left: Sequence[Sample]) -> None:
        """Train on a split, and make labels of what was left out in each way."""
        given, scale = self.given, scale_of(self.bench, learned)
        with tempfile.TemporaryDirectory() as folder:
            room = Path(folder)
            config = configuration(self.bench, learned, room, Candidate(name, tuple(given.setting)), given.seed)
            recipe = recipe_of(name, self.bench, scale)
            with in_place_of_the_product(recipe, config.network):
                if name not in self.costs:
                    self.costs[name] = cost_of(config, room)
                    recipe.forget()
                made = trained(config, given.minutes * SECONDS, self.costs[name])
                if given.keep is not None:
                    shutil.copytree(made.result.model, given.keep / f"{self.bench.name} {number + 1} {name}.vwmodel")
                watch = Watch()
                recipe.tune(made.result.model)
                notes = f"{made.config.optimisation.iterations} steps, learned {made.processor:.0f} s, "
                notes += f"tuned {watch.processor:.0f} s"
                for way in (PRODUCT, *recipe.ways):
                    recipe.way = way
                    self._label(f"{name}: {way}", number, left, made.result.model, recipe, notes)

    def _label(
        self, name: str, number: int, left: Sequence[Sample], model: Path, recipe: SeparatingRecipe, notes: str
    ) -> None:
        watch, tally = Watch(), Tally(self.bench)
        with tempfile.TemporaryDirectory() as folder:
            found = labelled(model, left, Path(folder))
        took = watch.processor
        for sample in left:
            tally.add(found[sample.name], sample.truth())
        chosen = " ".join(f"{key} {value:g}" for key, value in recipe.settings.get(recipe.way, {}).items())
        scores = {**tally.scores(), "found": tally.found, "true": tally.true}
        self.table.add(name, number, scores, f"{notes}, labelled {took:.1f} s; {chosen}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=[name for name, one in SETS.items() if one.kind == "objects"])
    parser.add_argument("--minutes", type=float, default=3.0, help="of one core, of learning")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--first-split", type=int, default=0, help="to go on after a stop")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--learn", nargs="+", choices=LEARNED, default=LEARNED)
    parser.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE", help="for all of them")
    parser.add_argument("--keep", type=Path, help="a folder for the models")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args(arguments)
    bench = Bench(SETS[given.set], given)
    with tempfile.TemporaryDirectory() as folder:
        samples = bench.bench.samples(given.data, Path(folder) / "whole")
        for number, (learned, left) in enumerate(splits(samples, given.splits)):
            if number < given.first_split:
                continue
            for name in given.learn:
                bench.run(name, number, learned, left)
    bench.table.show()


if __name__ == "__main__":
    main()
