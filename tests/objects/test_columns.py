"""One list of columns for files and windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.core.project.review import STATES
from desktop_app.objects.columns import (
    CLASS,
    MEAN_GREY,
    NUMBER,
    SURE,
    VOLUME,
    VOXELS,
    columns_of,
    only_pictures,
    seen_columns,
    table_rows,
)
from desktop_app.objects.measure import measure
from desktop_app.objects.neighbours import Neighbourhood
from desktop_app.objects.outlines import Outline, OutlineMeter
from desktop_app.objects.proofreading.facts import Facts, Said
from desktop_app.objects.proofreading.rows import Rows

SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")
ALL = frozenset({"shape", "intensity", "neighbours"})


def _names(*args, **kwargs):
    return [column.name for column in columns_of(*args, **kwargs)]


def test_table_rows_fit_their_columns():
    labels = np.ones((2, 2, 2), np.uint8)
    columns = columns_of(SIZE, 2)
    (row,) = table_rows(measure(labels, np.full((2, 2, 2, 2), 0.5), SIZE, "Cell"), columns)
    assert list(row) == [column.name for column in columns]
    assert row["class"] == "Cell"
    assert row["volume (µm³)"] == 4
    assert row["mean_intensity_2"] == 0.5
    assert (row["z (µm)"], row["centroid_z"]) == (1, 0.5)
    assert row["touches_border"] == "yes"
    (timed,) = table_rows(measure(labels), columns_of(SIZE), 2)
    assert next(iter(timed.items())) == ("time", 3)


@pytest.mark.parametrize(("voxels", "size", "shown"), [(1_234_567, None, 1_234_567), (3, 1 / 3, 0.1111111)])
def test_counts_are_whole_and_measures_have_seven_digits(voxels, size, shown):
    unit = VoxelSize.unknown() if size is None else VoxelSize(z=size, y=size, x=size)
    row = measure(np.ones((1, 1, voxels), np.uint8), None, unit)[0]
    columns = columns_of(unit)
    volume = next(table_rows([replace(row, volume=voxels * (1 if size is None else size**3))], columns))[
        columns[3].name
    ]
    assert (volume, type(volume)) == (shown, type(shown))


def test_names_say_the_unit_and_what_a_single_slice_has():
    assert {"volume (µm³)", "surface (µm²)", "sphericity", "axis_3 (µm)", "flatness"} <= set(_names(SIZE, groups=ALL))
    flat = _names(SIZE, flat=True, groups=ALL)
    assert {"area (µm²)", "perimeter (µm)", "circularity", "axis_2 (µm)"} <= set(flat)
    assert not {"sphericity", "axis_3 (µm)", "flatness"} & set(flat)
    unknown = _names(VoxelSize.unknown(), groups=ALL)
    assert {"volume (voxels)", "surface (voxels²)", "nearest_distance (voxels)"} <= set(unknown)
    assert not [name for name in unknown if name.startswith("z (")]
    picture = columns_of(VoxelSize.unknown(), flat=True, groups=ALL)
    assert {"area (px)", "perimeter (px)", "feret (px)", "nearest_distance (px)"} <= {c.name for c in picture}
    assert not [c.name for c in picture if "voxel" in c.name and c.name != "voxels"]
    assert not [c.advice for c in picture if "voxel" in c.advice]


def test_tables_of_pictures_alone_show_no_depth():
    flat, deep = _names(SIZE, flat=True), _names(SIZE)
    assert set(flat) - set(seen_columns(flat)) == {"z (µm)", "centroid_z", "box_z_start", "box_z_stop"}
    for names in (deep, [*flat, *deep], ["id", "class"]):
        assert not only_pictures(names)
        assert seen_columns(names) == names


def test_channels_have_their_names_where_they_differ():
    assert "mean_intensity_DAPI" in _names(SIZE, ("DAPI", "GFP"))
    assert "mean_intensity_2" in _names(SIZE, ("DAPI", "DAPI"))
    assert "sd_intensity" in _names(SIZE, ("DAPI",))


def test_every_column_says_what_it_is_in_a_sentence_and_no_name_comes_twice():
    columns = [*columns_of(SIZE, 2, groups=ALL), *columns_of(SIZE, 1, flat=True, groups=ALL)]
    assert all(column.advice.endswith(".") for column in columns)
    for flat in (False, True):
        names = _names(SIZE, 2, flat=flat, groups=ALL)
        assert len(names) == len(set(names))


def _round(radius: float, size: VoxelSize, flat: bool = False):
    """A ball (a disc) between voxels."""
    reach = [0 if flat and axis == 0 else int(radius / edge) + 1 for axis, edge in enumerate(size.zyx)]
    place = np.ogrid[tuple(slice(-r, r + 1) for r in reach)]
    off = (0.0 if flat else 0.3, 0.2, 0.4)
    inside = sum(((p + o) * edge) ** 2 for p, o, edge in zip(place, off, size.zyx, strict=True)) <= radius**2
    return inside.astype(np.uint32)


def _measured(labels, size, **kwargs):
    meter = OutlineMeter(labels.shape, size.zyx)
    meter.add(Region.whole(labels.shape), labels)
    row = replace(measure(labels, None, size)[0], outline=meter.outlines()[1])
    return next(table_rows([row], columns_of(size, groups=ALL, **kwargs)))


@pytest.mark.parametrize("zyx", [(1, 1, 1), (2, 1, 1), (3, 1, 1), (5, 1, 1), (1, 2, 2), (2, 0.5, 0.5)])
@pytest.mark.parametrize("radius", [8, 11, 16])
def test_a_ball_has_a_sphericity_of_one(zyx, radius):
    size = VoxelSize(z=zyx[0], y=zyx[1], x=zyx[2])
    row = _measured(_round(radius * max(zyx), size), size)
    assert row["sphericity"] == pytest.approx(1.0, abs=0.02)
    assert row["feret (µm)"] == pytest.approx(2 * radius * max(zyx), rel=0.05)
    assert row["elongation"] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("thick", [2, 3, 4, 5])
@pytest.mark.parametrize("radius", [8, 9, 10, 12, 16, 25])
def test_a_ball_of_few_thick_slices_has_a_sphericity_of_one(thick, radius):
    size = VoxelSize(z=thick, y=1, x=1)
    assert _measured(_round(radius, size), size)["sphericity"] == pytest.approx(1.0, abs=0.02)


def test_a_rod_is_not_round_and_specks_have_no_roundness():
    rod = np.pad(np.ones((40, 5, 5), np.uint32), 1)
    row = _measured(rod, VoxelSize(z=1, y=1, x=1))
    assert row["sphericity"] < 0.7
    assert row["elongation"] == pytest.approx(8, rel=0.01)
    assert row["flatness"] == pytest.approx(1)
    assert _measured(np.pad(np.ones((1, 1, 1), np.uint32), 1), SIZE)["sphericity"] is None


def test_a_disc_has_a_circularity_of_one():
    size = VoxelSize(z=1, y=1, x=1)
    for radius in (4, 8, 20):
        row = _measured(_round(radius, size, flat=True), size, flat=True)
        assert row["circularity"] == pytest.approx(1.0, abs=0.04)


def test_what_was_not_measured_is_empty():
    row = measure(np.ones((1, 2, 2), np.uint8))[0]
    cells = next(table_rows([row], columns_of(SIZE, groups=ALL)))
    assert cells["surface (µm²)"] is cells["neighbours"] is cells["nearest_id"] is None
    alone = replace(row, outline=Outline(2.0, 3.0), neighbourhood=Neighbourhood(0, 0, None))
    cells = next(table_rows([alone], columns_of(SIZE, groups=ALL)))
    assert (cells["neighbours"], cells["nearest_id"], cells["feret (µm)"]) == (0, None, 3)


def test_the_object_table_shows_what_files_say() -> None:
    labels = np.zeros((4, 12, 12), np.uint32)
    labels[1:3, 2:6, 2:6], labels[0, 8:, 8:] = 3, 7
    image = np.random.default_rng(0).integers(0, 200, labels.shape, np.uint8)
    said = Said({}, {}, {}, frozenset(), 1, {1: "Cell"}, {7: 0.25})
    facts = Facts.of(Rows.measured((0, 0, 0), labels, image), np.ones(2, np.int32), labels.shape, SIZE, said, STATES)
    rows = [facts.row(place) for place in range(2)]
    for measure_, row, table in zip(measure(labels, image, SIZE, "Cell"), rows, (0, 1), strict=True):
        for known in (NUMBER, CLASS, VOXELS, VOLUME, MEAN_GREY):
            assert known.value(row) == known.value(measure_), known.title
        assert (row.box, row.touches_border) == (measure_.box, measure_.touches_border)
        np.testing.assert_allclose(row.centroid, measure_.centroid)
        assert SURE.value(row) == (None, 0.25)[table]
