"""The bench of what networks learn to tell touching objects apart: true targets give the objects back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from desktop_app.ml.networks.registry import BUILDERS
from desktop_app.ml.recipes.registry import COMPUTED
from desktop_app.objects.agreement import object_scores
from desktop_app.objects.depth import depth_map
from tests.benchmarks import bench_separation
from tests.benchmarks.accuracy.sets import SETS, BenchSet
from tests.benchmarks.separation.affinities import Edges, Pairs, ends, mutex_watershed, region_edges, voxel_edges
from tests.benchmarks.separation.learned import in_place_of_the_product
from tests.benchmarks.separation.product import ProductRecipe
from tests.benchmarks.separation.stars import UNKNOWN, Candidates, Star, joined, picked, summits

THICKNESS = 2.0
SHAPES = {2: (1, 90, 90), 3: (16, 60, 60)}


def touching(dimensions: int) -> NDArray[np.uint32]:
    """Cells of a Voronoi diagram within balls around its seeds: convex objects, many of which touch."""
    shape, rng = SHAPES[dimensions], np.random.default_rng(1)
    seeds = rng.uniform(0, 1, (12, 3)) * shape * (0 if dimensions == 2 else 1, 1, 1)
    axes = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    far = np.linalg.norm((axes[..., None, :] - seeds) * (THICKNESS, 1, 1), axis=-1)
    labels: NDArray[np.uint32] = np.where(far.min(axis=-1) < 11, far.argmin(axis=-1) + 1, 0).astype(np.uint32)
    return labels


def true_lengths(labels: NDArray[np.uint32], star: Star) -> NDArray[np.float32]:
    maps = np.zeros((len(star.rays), *labels.shape), np.float32)
    inside = np.argwhere(labels > 0)
    lengths, _ = star.lengths(labels.astype(np.int32), inside.astype(np.float32), 30)
    maps[(slice(None), *inside.T)] = lengths.T
    return maps


def true_affinities(labels: NDArray[np.uint32], pairs: Pairs) -> NDArray[np.float32]:
    affinities = np.zeros((len(pairs.offsets), *labels.shape), np.float32)
    for values, offset in zip(affinities, pairs.offsets, strict=True):
        one, other = ends(offset, labels.shape)
        values[one] = labels[one] == labels[other]
    return affinities


def f1(found: NDArray[np.uint32], true: NDArray[np.uint32], iou: float) -> float | None:
    return object_scores(found, true, iou).f1


def star_of(dimensions: int) -> Star:
    return Star.of(dimensions, 32 if dimensions == 2 else 64, 1 if dimensions == 2 else THICKNESS)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_true_lengths_of_convex_objects_give_the_objects_back(dimensions: int) -> None:
    true, star = touching(dimensions), star_of(dimensions)
    depth = depth_map(true, (star.thickness, 1, 1))
    found = Candidates.of(depth, true_lengths(true, star), 0.5, (1, 2, 2))
    labels = picked(found, star.stencil(30), true.shape, 0.5)
    assert true.max() > 6
    assert f1(labels, true, 0.7) == 1


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_body_of_equal_rays_is_as_large_as_a_ball(dimensions: int) -> None:
    star, radius = star_of(dimensions), 12.0
    shape = (1, 61, 61) if dimensions == 2 else (41, 61, 61)
    middle = (shape[0] // 2, 30, 30)
    _, inside = star.stencil(20).body(middle, np.full(len(star.rays), radius, np.float32), shape)
    ball = np.pi * radius**2 if dimensions == 2 else 4 / 3 * np.pi * radius**3 / THICKNESS
    assert inside.sum() == pytest.approx(ball, rel=0.03)


def test_a_ray_ends_at_another_object_and_at_nothing_but_not_where_nothing_is_known() -> None:
    ids = np.array([[[2, 1, 1, 1, 1, 1, UNKNOWN]]], np.int32)
    star = Star.of(2, 4)
    lengths, ended = star.lengths(ids, np.array([[0, 0, 3]], np.float32), 9)
    right, left = int(star.rays[:, 2].argmax()), int(star.rays[:, 2].argmin())
    assert lengths[0, [left, right]] == pytest.approx([2.5, 2.5], abs=0.3)
    assert ended[0, left]
    assert not ended[0, right]
    assert not ended[0, int(star.rays[:, 1].argmax())]  # beyond the image


def test_regions_of_one_body_are_joined_and_those_of_two_are_not() -> None:
    true, star = touching(3), star_of(3)
    halves = np.where(true > 0, 2 * true - np.arange(true.shape[2]) % 2, 0).astype(np.uint32)
    tops = summits(halves, depth_map(true, (star.thickness, 1, 1)))
    lengths = true_lengths(true, star)[(slice(None), *tops.T)].T
    table = joined(tops, lengths, star.stencil(30), true.shape, 0.5)
    assert f1(table[halves], true, 0.99) == 1


@pytest.mark.parametrize("dimensions", [2, 3])
def test_true_affinities_give_the_objects_back(dimensions: int) -> None:
    true = touching(dimensions)
    pairs = Pairs.of(dimensions, 9, THICKNESS)
    noise = np.random.default_rng(2).uniform(0, 0.3, (len(pairs.offsets), *true.shape))
    affinities = np.abs(true_affinities(true, pairs) - noise).astype(np.float32)
    labels = np.zeros(true.shape, np.uint32)
    labels[true > 0] = mutex_watershed(int((true > 0).sum()), voxel_edges(affinities, true > 0, pairs, 1.0))
    assert f1(labels, true, 0.99) == 1
    halves = np.where(true > 0, 2 * true - (np.arange(true.shape[2]) // 4) % 2, 0).astype(np.uint32)
    numbers = np.unique(halves, return_inverse=True)[1].reshape(true.shape).astype(np.uint32)
    table = mutex_watershed(int(numbers.max()), region_edges(affinities, numbers, pairs, 1.0))
    assert f1(np.concatenate([[0], table]).astype(np.uint32)[numbers], true, 0.99) == 1


def test_the_surest_pairs_decide() -> None:
    first, second = np.array([0, 1, 0]), np.array([1, 2, 2])
    joins = np.array([True, True, False])
    assert mutex_watershed(3, Edges(first, second, np.array([0.9, 0.5, 0.7], np.float32), joins)).tolist() == [1, 1, 2]
    assert len(set(mutex_watershed(3, Edges(first, second, np.array([0.9, 0.8, 0.7]), joins)).tolist())) == 1


def test_the_product_is_itself_again_afterwards() -> None:
    recipe, builder = COMPUTED["semantic"], BUILDERS["quick_unet3d"]
    with in_place_of_the_product(ProductRecipe(), "quick_unet3d"):
        assert COMPUTED["semantic"] is not recipe
    assert COMPUTED["semantic"] is recipe
    assert BUILDERS["quick_unet3d"] is builder


@pytest.mark.slow
def test_each_learns_and_labels_what_was_left_out(
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

    monkeypatch.setitem(SETS, "discs", BenchSet("discs", "discs", "objects", "objects2d", 2, gather))
    small = ["--setting", "channels=8", "--setting", "batch_size=2"]
    bench_separation.main(["discs", "--minutes", "0.01", "--splits", "1", "--data", str(tmp_path), *small])
    said = capsys.readouterr().out
    for name in ("product: depth", "stars: depth", "stars: stars", "stars: stars as seeds", "stars: regions joined"):
        assert f"split 1  {name} " in said
    for name in ("depth", "mutex watershed", "regions joined", "lowered depth"):
        assert f"split 1  affinities: {name} " in said
