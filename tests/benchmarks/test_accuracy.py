"""The bench that decides on defaults: who is left out, what counts, and the three ways on discs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.benchmarks import bench_accuracy
from tests.benchmarks.accuracy.ours import Candidate, Cost
from tests.benchmarks.accuracy.scoring import Tally
from tests.benchmarks.accuracy.sets import SETS, BenchSet, Sample, splits


def named(groups: list[str]) -> list[Sample]:
    return [Sample(f"{group}_{n}", group, Path("i"), Path("l")) for n, group in enumerate(groups)]


def test_a_group_is_never_on_both_sides_and_each_is_left_out_once() -> None:
    samples = named(["a", "a", "b", "b", "b", "c", "d", "e", "f", "f"])
    made = list(splits(samples, 9))
    assert len(made) == 5
    assert all(not {s.group for s in learned} & {s.group for s in left} for learned, left in made)
    assert sorted(s.name for _, left in made for s in left) == sorted(s.name for s in samples)


def test_scores_are_those_worked_out_by_hand() -> None:
    """Of three true objects one is found whole, one at an overlap of 0.6, one not; and one is found that is none."""
    truth, found = np.zeros((1, 4, 40), np.uint16), np.zeros((1, 4, 40), np.uint16)
    truth[0, 0, :10], truth[0, 1, :10], truth[0, 2, :10] = 1, 2, 3
    found[0, 0, :10], found[0, 1, :6], found[0, 3, 20:] = 1, 2, 3
    tally = Tally(SETS["nuclei2d_dsb"])
    tally.add(found, truth)
    scores = tally.scores()
    assert scores["F1"] == pytest.approx(2 / 3)
    assert scores["F1@0.75"] == pytest.approx(1 / 3)
    assert [scores[f"AP@{at}"] for at in (0.5, 0.6, 0.7, 0.8, 0.9)] == pytest.approx([0.5, 0.5, 0.2, 0.2, 0.2])
    assert scores["AP"] == pytest.approx((3 * 2 / 4 + 7 * 1 / 5) / 10)
    assert scores["PQ"] == pytest.approx(1.6 / 3)
    assert scores["Dice"] == pytest.approx(2 * 16 / (30 + 36))


def test_unlabelled_voxels_and_classes_that_are_nowhere_count_as_nothing() -> None:
    axons = SETS["axons_lightsheet"]
    truth, found = np.zeros((2, 4, 4), np.uint16), np.full((2, 4, 4), 2, np.uint16)
    truth[0, :2], truth[0, 2:] = 2, 1
    tally = Tally(axons)
    tally.add(found, truth)
    tally.add(np.zeros_like(truth), np.where(truth == 2, 1, truth))
    assert tally.dice == [pytest.approx(2 * 8 / (16 + 8))]


def test_steps_fill_the_time_that_checks_leave() -> None:
    assert Cost(start=5, step=0.5, check=10, end=5).steps(100, checks=4) == 100
    assert Cost(start=5, step=0.5, check=10, end=5).steps(10, checks=4) == 20


def test_every_voxelwise_network_is_laid_beside_the_default() -> None:
    found = {each.name: each.settings for each in bench_accuracy.every_network(SETS["nuclei3d_embryo"])}
    assert found["V-Net"] == ("network=vnet3d",)
    assert found["nnU-Net ResEnc"] == ("network=dynunet3d", "network_arguments.residual=true")
    assert {"Swin UNETR", "MedNeXt", "Plain U-Net", "Attention U-Net", "easyreg U-Net", "SegResNet"} < set(found)
    assert not any("2d" in text for settings in found.values() for text in settings)


@pytest.mark.slow
def test_all_ways_label_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gather(_: Path, folder: Path) -> None:
        y, x = np.mgrid[:64, :64]
        for number in range(5):
            labels = np.zeros((64, 64), np.uint16)
            for at in range(4):
                labels[np.hypot(y - 16 - 32 * (at // 2), x - 16 - 32 * (at % 2) - number % 3) < 9] = at + 1
            for kind, values in (("images", 20 + 200 * (labels > 0)), ("labels", labels)):
                (folder / kind).mkdir(parents=True, exist_ok=True)
                tifffile.imwrite(folder / kind / f"disc{number}.tif", values.astype(np.uint16))

    discs = BenchSet("discs", "discs", "objects", "objects2d", 2, gather)
    monkeypatch.setitem(SETS, "discs", discs)
    small = ["--only-tried", "--try", "Small: channels=8 batch_size=2"]
    bench_accuracy.main(["discs", "--minutes", "0.01", "--splits", "1", "--data", str(tmp_path), *small])
    said = capsys.readouterr().out
    assert "Otsu and watershed, 1 runs" in said
    assert "MONAI U-Net, 0.01 min, 1 runs" in said
    assert "Small, 0.01 min, 1 runs" in said
    assert "promised by its validation" in said
    assert said.count("Dice") == 7
    beside, overlaps = said[said.rindex(" Dice ") :].split(" AP@0.5 ")
    assert overlaps.split()[:4] == ["AP@0.6", "AP@0.7", "AP@0.8", "AP@0.9"]
    assert beside.split()[:7] == ["Dice", "F1", "AP", "learned", "steps", "labelled", "memory"]
    assert [line.split()[-1] for line in beside.splitlines() if line.startswith("  Otsu")] == ["-"]
    assert all(float(line.split()[-1]) > 1 for line in beside.splitlines() if "0.01 min" in line)


def test_few_images_are_others_for_each_seed_and_the_same_in_every_run() -> None:
    samples = named(["a"] * 20)
    first, second = bench_accuracy.drawn(samples, 5, 1), bench_accuracy.drawn(samples, 5, 2)
    assert len(first) == len(second) == 5
    assert [s.name for s in first] == [s.name for s in bench_accuracy.drawn(samples, 5, 1)] != [s.name for s in second]
    assert bench_accuracy.drawn(samples, 0, 1) == samples


def test_a_candidate_tells_the_model_that_it_begins_with() -> None:
    assert Candidate("improved", ("start_from=a/b.vwmodel", "seed=2")).start == "a/b.vwmodel"
    assert Candidate("Voxelwright").start == ""
