"""Patches to label, cut out of large images."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.config.patches import PatchImage, PatchPlan, PatchSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.job import JobCancelled, Note, RecordingContext
from desktop_app.io.datasets import recognise
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.tables import read_csv
from desktop_app.jobs.patches.pick import pick_patches
from desktop_app.jobs.patches.table import TABLE, patches_in, places_in
from tests.image_files import saved

CUBES = VoxelSize(z=6, y=5, x=4.8, unit="nm")
SHAPE = (70, 150, 140)


def voxels(shape: tuple[int, ...] = SHAPE, dtype: str = "uint8") -> np.ndarray:
    """Texture everywhere, each voxel as good as unique with its neighbours."""
    return np.random.default_rng(0).integers(0, 250, shape).astype(dtype)


def write(path: Path, array: np.ndarray, size: VoxelSize = CUBES) -> Path:
    return saved(path, array, size)


def pick(out: Path, *images: Path, labels: Path | None = None, ctx: RecordingContext | None = None, **chosen):
    sources = tuple(PatchImage(image=str(image), labels=str(labels) if labels else None) for image in images)
    plan = PatchPlan(sources=sources, out=str(out), settings=PatchSettings(**{"size": 64, "number": 6, **chosen}))
    return pick_patches(plan, ctx or RecordingContext())


def cut(array: np.ndarray, region: Region, plane: Plane) -> np.ndarray:
    picture = array[region.slices].squeeze(plane.depth_axis)
    return picture.T if plane is Plane.YZ else picture


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.tif")}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_patches_hold_the_voxels_of_their_place_in_the_type_of_the_image(tmp_path, dtype):
    array = voxels(dtype=dtype)
    result = pick(tmp_path / "out", write(tmp_path / "cell.tif", array), planes="all")
    assert {p.place.plane for p in result.patches} == set(Plane)
    assert len(result.patches) == 6
    for patch in result.patches:
        found = open_volume(patch.image)
        assert found.dtype == np.dtype(dtype)
        assert found.is_2d
        np.testing.assert_array_equal(found.read()[0], cut(array, patch.place.region, patch.place.plane))
        assert patch.image.name == f"cell_{patch.place.name(SHAPE)}.tif"


def test_pixels_have_the_size_they_have_in_their_plane(tmp_path):
    result = pick(tmp_path / "out", write(tmp_path / "cell.tif", voxels()), planes="all")
    sizes = {p.place.plane: open_volume(p.image).voxel_size for p in result.patches}
    expected = {Plane.XY: (5, 4.8), Plane.XZ: (6, 4.8), Plane.YZ: (5, 6)}
    for plane, (rows, columns) in expected.items():
        assert (sizes[plane].y, sizes[plane].x, sizes[plane].unit) == (
            pytest.approx(rows, rel=1e-3), pytest.approx(columns, rel=1e-3), "nm",
        )  # fmt: skip


def test_a_voxel_size_set_by_hand_decides_on_planes_and_sizes(tmp_path):
    image = write(tmp_path / "cell.tif", voxels(), VoxelSize.unknown())
    assert {p.place.plane for p in pick(tmp_path / "a", image).patches} == {Plane.XY}
    plan = PatchPlan(
        sources=(PatchImage(image=str(image), name="my cell", voxel_size=CUBES),),
        out=str(tmp_path / "b"),
        settings=PatchSettings(size=64, number=6),
    )
    patches = pick_patches(plan, RecordingContext()).patches
    assert {p.place.plane for p in patches} == set(Plane)
    assert all(p.image.parent == tmp_path / "b" / "my cell" / "images" for p in patches)


def test_labels_are_cut_along_and_training_recognises_the_folder(tmp_path):
    truth = np.random.default_rng(1).integers(0, 70_000, SHAPE).astype(np.uint32)
    image, labels = write(tmp_path / "cell.tif", voxels()), write(tmp_path / "truth.tif", truth)
    result = pick(tmp_path / "out", image, labels=labels, planes="all")
    for patch in result.patches:
        assert patch.labels == tmp_path / "out" / "cell" / "masks" / patch.image.name
        found = open_volume(patch.labels)
        assert found.dtype == np.uint32
        np.testing.assert_array_equal(found.read()[0], cut(truth, patch.place.region, patch.place.plane))
    layout = recognise(tmp_path / "out")
    assert layout.layout.name == "volumes"
    assert {pair.group for pair in layout.pairs} == {"cell"}
    assert {(Path(p.image), Path(p.labels)) for p in layout.pairs} == {(p.image, p.labels) for p in result.patches}


@pytest.mark.parametrize("layout", ["two folders", "beside"])
def test_patches_lie_in_the_layout_that_is_wanted(tmp_path, layout):
    truth = write(tmp_path / "truth.tif", np.ones(SHAPE, np.uint8))
    result = pick(tmp_path / "out", write(tmp_path / "cell.tif", voxels()), labels=truth, layout=layout)
    found = recognise(tmp_path / "out")
    assert found.layout.name == layout
    assert {(Path(p.image), Path(p.labels)) for p in found.pairs} == {(p.image, p.labels) for p in result.patches}


def test_labels_of_another_shape_are_refused(tmp_path):
    image, labels = write(tmp_path / "cell.tif", voxels()), write(tmp_path / "truth.tif", voxels((3, 9, 9)))
    with pytest.raises(UserError, match=r"truth\.tif does not fit cell\.tif"):
        pick(tmp_path / "out", image, labels=labels)
    assert not (tmp_path / "out").exists()


def test_the_table_tells_where_each_patch_lay(tmp_path):
    result = pick(tmp_path / "out", write(tmp_path / "cell.tif", voxels()), planes="all")
    rows = read_csv(tmp_path / "out" / TABLE)
    assert len(rows) == 6
    for row, patch in zip(rows, result.patches, strict=True):
        assert tmp_path / "out" / row["file"] == patch.image
        assert tuple(int(row[axis]) for axis in "zyx") == patch.place.region.start
        assert (row["plane"], row["rows"], row["columns"]) == (patch.place.plane.value, "64", "64")


def test_the_same_seed_gives_the_same_files_and_another_does_not(tmp_path):
    image = write(tmp_path / "cell.tif", voxels())
    pick(tmp_path / "a", image, seed=3)
    pick(tmp_path / "b", image, seed=3)
    pick(tmp_path / "c", image, seed=4)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a").keys() != contents(tmp_path / "c").keys()


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 4), st.integers(64, 150), st.integers(64, 200), st.integers(1, 20))
def test_patches_never_overlap_and_are_as_many_as_there_is_room_for(tmp_path_factory, depth, height, width, number):
    folder = tmp_path_factory.mktemp("patches")
    image = write(folder / "cell.tif", voxels((depth, height, width)), VoxelSize.unknown())
    result = pick(folder / "out", image, number=number)
    assert len(result.patches) == min(number, depth * (height // 64) * (width // 64))
    regions = [p.place.region for p in result.patches]
    assert all(a.intersect(b).empty for i, a in enumerate(regions) for b in regions[:i])


def test_too_little_room_is_said(tmp_path):
    ctx = RecordingContext()
    result = pick(tmp_path / "out", write(tmp_path / "cell.tif", voxels((130, 130))), ctx=ctx, number=16)
    assert (len(result.patches), result.asked) == (4, 16)
    assert any("4 of 16 patches were picked" in note.text for note in ctx.of_kind(Note))


def test_an_image_smaller_than_a_patch_is_taken_whole(tmp_path):
    array = voxels((2, 40, 50))
    result = pick(tmp_path / "out", write(tmp_path / "cell.tif", array), size=256)
    assert len(result.patches) == 2
    assert {open_volume(p.image).shape for p in result.patches} == {(1, 40, 50)}


def test_colours_stay_colours(tmp_path):
    volume = Volume.from_array(voxels((3, 1, 130, 130)), rgb=True)
    write_volume(tmp_path / "rgb.tif", volume.source, volume)
    result = pick(tmp_path / "out", tmp_path / "rgb.tif", number=1)
    found = open_volume(result.patches[0].image)
    assert found.rgb
    box = result.patches[0].place.region
    np.testing.assert_array_equal(found.read_channels(), volume.read_channels(box))


def test_blank_places_are_passed_over(tmp_path):
    array = voxels((40, 128, 256))
    array[:, :, 128:] = 0
    array[:20] = 200
    image = write(tmp_path / "cell.tif", array, VoxelSize.unknown())
    result = pick(tmp_path / "out", image, number=10)
    assert len(result.patches) == 10
    assert result.blank > 0
    assert all(p.place.region.start[0] >= 20 and p.place.region.start[2] < 128 for p in result.patches)
    everywhere = pick(tmp_path / "all", image, number=10, avoid_blank=False)
    assert any(p.place.region.start[0] < 20 for p in everywhere.patches)


def test_an_empty_image_is_refused_in_a_sentence(tmp_path):
    image = write(tmp_path / "empty.tif", np.zeros((3, 80, 80), np.uint8))
    with pytest.raises(UserError, match=r"Every place of empty\.tif that was looked at is blank"):
        pick(tmp_path / "out", image)
    assert not (tmp_path / "out").exists()
    assert len(pick(tmp_path / "out", image, avoid_blank=False, number=3).patches) == 3


def test_the_number_is_shared_out_among_images_and_made_up_for_by_others(tmp_path):
    small, large = write(tmp_path / "small.tif", voxels((80, 80))), write(tmp_path / "large.tif", voxels())
    result = pick(tmp_path / "out", small, large, number=9, planes="xy")
    counts = {name: sum(p.source.stem == name for p in result.patches) for name in ("small", "large")}
    assert counts == {"small": 1, "large": 8}


def test_images_of_the_same_name_get_folders_of_their_own(tmp_path):
    first, second = write(tmp_path / "a" / "cell.tif", voxels()), write(tmp_path / "b" / "cell.tif", voxels())
    result = pick(tmp_path / "out", first, second)
    assert {p.image.parent.parent.name for p in result.patches} == {"cell", "cell-2"}


def test_a_cut_off_file_gets_a_clear_sentence_and_the_others_go_on(tmp_path):
    bad, good = write(tmp_path / "bad.tif", voxels()), write(tmp_path / "good.tif", voxels())
    bad.write_bytes(bad.read_bytes()[:20_000])
    with pytest.raises(UserError, match=r"bad\.tif"):
        pick(tmp_path / "out", bad)
    assert list(tmp_path.glob("*out*")) == []
    result = pick(tmp_path / "out", bad, good)
    assert [name for name, _ in result.failed] == ["bad"]
    assert len([p for p in result.patches if p.source == good]) == len(result.patches) == 6


def test_a_damaged_part_of_an_image_ends_this_image_alone(tmp_path):
    bad, good = write(tmp_path / "bad.tif", voxels()), write(tmp_path / "good.tif", voxels())
    data = bytearray(bad.read_bytes())
    data[40_000 : len(data) // 2] = b"\x55" * (len(data) // 2 - 40_000)
    bad.write_bytes(bytes(data))
    result = pick(tmp_path / "out", bad, good, avoid_blank=False)
    assert [name for name, _ in result.failed] == ["bad"]
    assert len(result.patches) == 6


@pytest.mark.parametrize("events", [0, 3, 34, 37])
def test_cancelling_leaves_nothing_behind(tmp_path, events):
    image = write(tmp_path / "cell.tif", voxels())
    with pytest.raises(JobCancelled):
        pick(tmp_path / "out", image, ctx=RecordingContext(cancel_after=events))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cell.tif"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    image = write(tmp_path / "in" / "cell.tif", voxels())
    first = pick(tmp_path / "out", image)
    before = contents(tmp_path / "out")
    with pytest.raises(UserError, match="out is not empty"):
        pick(tmp_path / "out", image, seed=2)
    assert contents(tmp_path / "out") == before
    assert len(before) == len(first.patches)


def test_only_the_boxes_of_patches_are_read(tmp_path, monkeypatch):
    array, read = voxels((400, 150, 140)), []
    image = write(tmp_path / "cell.tif", array)
    real = Volume.read

    def counted(self, region=None, channel=0):
        read.append(Region.whole(self.shape) if region is None else region)
        return real(self, region, channel)

    monkeypatch.setattr(Volume, "read", counted)
    pick(tmp_path / "out", image, number=4)
    assert max(region.size for region in read) == 64 * 64
    assert sum(region.size for region in read) < 0.05 * array.size


@pytest.mark.parametrize("wrong", [{"size": 100}, {"size": 48}, {"number": 0}, {"number": 3201}, {"planes": "yx"}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="1 validation error"):
        PatchSettings(**wrong)


def test_where_no_other_place_is_left_it_is_said(tmp_path):
    image = write(tmp_path / "cell.tif", voxels((1, 64, 64)))
    pick(tmp_path / "a", image)
    plan = PatchPlan(
        sources=(PatchImage(image=str(image)),), out=str(tmp_path / "b"), settings=PatchSettings(size=64),
        earlier=(str(tmp_path / "a" / TABLE),),
    )  # fmt: skip
    with pytest.raises(UserError, match="no other place left in cell"):
        pick_patches(plan, RecordingContext())


def test_a_table_with_odd_rows_is_read_as_far_as_it_makes_sense(tmp_path):
    source = tmp_path / "cell.tif"
    (tmp_path / TABLE).write_text(
        f"source,plane,z,y,x,rows,columns\n{source},xz,1,2,3,4,5\n{source},xz,one,2,3,4,5\n{source},up,1,2,3,4,5\n"
        "other.tif,xy,1,2,3,4,5\n"
    )
    (place,) = places_in(tmp_path / TABLE, source)
    assert place.region == Region((1, 2, 3), (5, 3, 8))
    assert place.plane is Plane.XZ


def test_a_grid_covers_slices_side_by_side(tmp_path: Path) -> None:
    array = voxels()
    result = pick(tmp_path / "out", write(tmp_path / "cell.tif", array), where="grid", number=8, planes="xy")
    assert len(result.patches) == 8
    starts = [patch.place.region.start for patch in result.patches]
    assert {z for z, _, _ in starts} == {17, 52}, "four fit into a slice; two slices, evenly apart"
    assert {(y, x) for _, y, x in starts} == {(0, 0), (0, 64), (64, 0), (64, 64)}


def test_marks_are_in_the_middle_of_their_patches_or_as_near_as_may_be(tmp_path: Path) -> None:
    array, file = voxels(), write(tmp_path / "cell.tif", voxels())
    plan = PatchPlan(
        sources=(PatchImage(image=str(file), marks=((10, 75, 70), (60, 3, 139))),), out=str(tmp_path / "out"),
        settings=PatchSettings(size=64, number=1, where="marks", planes="xy"),
    )  # fmt: skip
    result = pick_patches(plan, RecordingContext())
    assert result.asked == 2
    assert {p.place.region.start for p in result.patches} == {(10, 43, 38), (60, 0, 76)}
    for patch in result.patches:
        np.testing.assert_array_equal(
            open_volume(patch.image).read(Region((0, 0, 0), (1, 64, 64)))[0], cut(array, patch.place.region, Plane.XY)
        )
    for marks, said in (((), "has no marks"), (((70, 0, 0),), "lies outside")):
        other = {"sources": (PatchImage(image=str(file), marks=marks),), "out": str(tmp_path / "b")}
        with pytest.raises(UserError, match=said):
            pick_patches(plan.model_copy(update=other), RecordingContext())
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("where", ["spread", "grid"])
def test_patches_with_neighbours_are_stacks_that_do_not_overlap(tmp_path: Path, where: str) -> None:
    array = voxels()
    file = write(tmp_path / "cell.tif", array)
    result = pick(tmp_path / "out", file, where=where, neighbours=2, planes="all", labels=file)
    assert len(result.patches) == 6
    seen: dict[Plane, list[Region]] = {plane: [] for plane in Plane}
    for patch in result.patches:
        plane, region = patch.place.plane, patch.place.region
        axes = plane.depth_axis, plane.row_axis, plane.column_axis
        assert region.shape[plane.depth_axis] in (3, 4, 5)
        for written in (patch.image, patch.labels):
            volume = open_volume(written)
            np.testing.assert_array_equal(volume.read(Region.whole(volume.shape)), array[region.slices].transpose(axes))
        assert all(region.intersect(other).empty for other in seen[plane])
        seen[plane].append(region)
    places = places_in(tmp_path / "out" / TABLE, file)
    assert {p.region for p in places} == {p.place.region for p in result.patches}


def add(out: Path, *images: Path, labels: Path | None = None, **chosen):
    sources = tuple(PatchImage(image=str(image), labels=str(labels) if labels else None) for image in images)
    chosen = {"size": 64, "number": 4, "seed": 2, **chosen}
    plan = PatchPlan(sources=sources, out=str(out), settings=PatchSettings(**chosen), add=True)
    return pick_patches(plan, RecordingContext())


@pytest.mark.parametrize("layout", ["volumes", "two folders", "beside"])
def test_patches_are_added_in_the_layout_that_is_there_and_nothing_else_is_touched(tmp_path, layout):
    image, out = write(tmp_path / "cell.tif", voxels()), tmp_path / "out"
    truth = write(tmp_path / "truth.tif", voxels() // 50)
    first = pick(out, image, labels=truth, layout=layout)
    before = contents(out)
    more = add(out, image, labels=truth)
    assert {name: bytes_ for name, bytes_ in contents(out).items() if name in before} == before
    assert len(contents(out)) == 2 * (6 + 4)
    assert [p.image for p in patches_in(out)] == [p.image for p in (*first.patches, *more.patches)]
    for a, b in itertools.combinations(patches_in(out), 2):
        assert a.place.plane is not b.place.plane or a.place.region.intersect(b.place.region).empty
    found = recognise(out)
    assert found is not None
    assert (found.layout.name, len(found.pairs)) == (layout, 10)


def test_patches_of_another_image_of_the_same_name_get_names_of_their_own(tmp_path):
    (tmp_path / "other").mkdir()
    images = [write(folder / "cell.tif", voxels()) for folder in (tmp_path, tmp_path / "other")]
    pick(tmp_path / "out", images[0], seed=2, number=4)
    added = add(tmp_path / "out", images[1])
    assert len(contents(tmp_path / "out")) == 8
    assert all(patch.image.stem.endswith("-2") for patch in added.patches), "the same places of another image"


def test_a_data_set_of_another_origin_is_added_to(tmp_path):
    out = tmp_path / "mine"
    for name in ("images", "labels"):
        (out / name).mkdir(parents=True)
        write(out / name / "mine.tif", voxels((1, 64, 64)) // 50)
    add(out, write(tmp_path / "cell.tif", voxels()), number=3, planes="xy")
    assert len(list((out / "images").glob("*.tif"))) == 4


def test_what_cannot_be_added_to_is_refused_and_a_stopped_one_is_as_it_was(tmp_path):
    image, out = write(tmp_path / "cell.tif", voxels()), tmp_path / "out"
    with pytest.raises(UserError, match="There is no folder out to add patches to"):
        add(out, image)
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="Patches cannot be added to out"):
        add(out, image)
    (out / "notes.txt").unlink()
    pick(out, image)
    before, table = contents(out), (out / TABLE).read_bytes()
    plan = PatchPlan(
        sources=(PatchImage(image=str(image)),), out=str(out), settings=PatchSettings(size=64, number=4), add=True
    )
    with pytest.raises(JobCancelled):
        pick_patches(plan, RecordingContext(cancel_after=8))
    assert (contents(out), (out / TABLE).read_bytes()) == (before, table)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cell.tif", "out"]


def test_a_place_is_picked_once_however_often_it_is_marked(tmp_path):
    image, out = write(tmp_path / "cell.tif", voxels()), tmp_path / "out"
    marks = ((3, 1, 1), (3, 2, 2))
    sources = (PatchImage(image=str(image), marks=marks),)
    settings = PatchSettings(size=64, where="marks", planes="xy")
    plan = PatchPlan(sources=sources, out=str(out), settings=settings)
    assert len(pick_patches(plan, RecordingContext()).patches) == 1, "both are as near to the corner as may be"
    with pytest.raises(UserError, match="There is no other place left"):
        pick_patches(plan.model_copy(update={"add": True}), RecordingContext())
