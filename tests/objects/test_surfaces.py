from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from desktop_app.objects.surfaces import Mesh, object_boxes, object_surface


def ball(radius: float, spacing: tuple[float, float, float] = (1, 1, 1)) -> NDArray[np.bool_]:
    reach = [int(radius / edge) + 2 for edge in spacing]
    axes = [np.arange(-n, n + 1) * edge for n, edge in zip(reach, spacing, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return np.asarray(z**2 + y**2 + x**2 <= radius**2)


def is_closed(mesh: Mesh) -> bool:
    """Whether each edge is gone along once in each direction."""
    edges = Counter((int(t[a]), int(t[b])) for t in mesh.triangles for a, b in ((0, 1), (1, 2), (2, 0)))
    return all(edges[b, a] == count for (a, b), count in edges.items())


@pytest.mark.parametrize("spacing", [(1, 1, 1), (2, 1, 1), (0.5, 0.25, 0.25)])
@pytest.mark.parametrize("radius", [10, 16])
def test_a_ball_has_the_size_of_a_ball(radius: float, spacing: tuple[float, float, float]) -> None:
    mesh = object_surface(ball(radius, spacing), spacing)
    assert mesh.volume() == pytest.approx(
        4 / 3 * math.pi * radius**3, rel=0.07
    )  # five slices from the middle to the pole
    assert mesh.area() == pytest.approx(4 * math.pi * radius**2, rel=0.04)


def test_a_ball_is_smooth_and_its_normals_point_out_of_it() -> None:
    mesh = object_surface(ball(12))
    middle = mesh.points.mean(axis=0)
    away = mesh.points - middle
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    assert np.abs(distance - 12).max() < 0.6
    along = (mesh.normals * (away / distance)).sum(axis=1)
    assert along.min() > 0.8
    assert along.mean() > 0.99
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5)


def test_a_box_lies_where_its_voxels_are_in_units() -> None:
    mask = np.zeros((4, 20, 30), bool)
    mask[1:3, 5:15, 10:25] = True
    mesh = object_surface(mask, (5.0, 0.5, 0.5), offset=(10, 100, 0))
    np.testing.assert_allclose(mesh.points.min(axis=0), [55, 52.5, 5], atol=0.4)
    np.testing.assert_allclose(mesh.points.max(axis=0), [65, 57.5, 12.5], atol=0.4)


def test_a_large_object_is_closed_where_tiles_meet() -> None:
    mesh = object_surface(ball(26))
    assert is_closed(mesh)
    assert mesh.volume() == pytest.approx(4 / 3 * math.pi * 26**3, rel=0.01)


def test_thin_processes_stay() -> None:
    mask = np.zeros((5, 5, 40), bool)
    mask[2, 2] = True
    for coarseness in (1, 2, 3):
        mesh = object_surface(mask, coarseness=coarseness)
        assert np.ptp(mesh.points[:, 2]) > 36


def test_a_coarser_mesh_has_fewer_triangles_and_nearly_the_same_shape() -> None:
    fine, coarse = object_surface(ball(16)), object_surface(ball(16), coarseness=2)
    assert len(coarse.triangles) < 0.3 * len(fine.triangles)
    assert coarse.volume() == pytest.approx(fine.volume(), rel=0.03)
    assert is_closed(coarse)


def test_every_object_gets_its_surface_where_it_is() -> None:
    labels = np.zeros((12, 30, 30), np.uint32)
    labels[2:6, 2:6, 2:6], labels[2:6, 2:6, 6:10], labels[9, 20, 20] = 4_000_000_000, 7, 12
    boxes = object_boxes(labels)
    assert sorted(boxes) == [7, 12, 4_000_000_000]
    found = {
        label: object_surface(labels[box.slices] == label, offset=(box.start[0] + 100, *box.start[1:]))
        for label, box in boxes.items()
    }
    assert found[12].points.min() > 8
    np.testing.assert_allclose(found[12].points.mean(axis=0), [109.5, 20.5, 20.5], atol=0.01)
    assert found[7].points[:, 2].min() == pytest.approx(found[4_000_000_000].points[:, 2].max(), abs=0.4)
    assert boxes[7].slices == (slice(2, 6), slice(2, 6), slice(6, 10))


def test_no_objects_no_boxes() -> None:
    assert object_boxes(np.zeros((3, 4, 5), np.uint32)) == {}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**30), st.floats(0.05, 0.9), st.integers(1, 2))
def test_any_object_is_closed_and_never_further_than_a_voxel_from_its_voxels(
    seed: int, share: float, coarseness: int
) -> None:
    mask = np.random.default_rng(seed).random((4, 5, 6)) < share
    mask[2, 2, 2] = True
    mesh = object_surface(mask, coarseness=coarseness)
    assert is_closed(mesh)
    assert mesh.volume() > 0 or coarseness > 1
    voxels = np.argwhere(mask) + 0.5
    nearest = np.abs(mesh.points[:, None] - voxels[None]).max(axis=2).min(axis=1)
    assert nearest.max() <= 0.5 + coarseness
