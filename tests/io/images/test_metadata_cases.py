"""Metadata as other programs leave them: units by axis, and what does not fit or is left out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr

from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import is_image_file, list_images, open_volume
from tests.io.images.tiff_sets import ramp

UM = "micrometer"
STACK = ramp(5, 8, 10)


@pytest.mark.parametrize(
    ("text", "resolution", "expected"),
    [
        ("zunit=nm\nspacing=250.0\n", (2.0, 2.0), (0.25, 0.5, 0.5)),
        ("yunit=nm\nspacing=0.75\n", (2.0, 0.002), (0.75, 0.5, 0.5)),
        ("yunit=inch\nzunit=mm\nspacing=0.002\n", (2.0, 50_800.0), (2.0, 0.5, 0.5)),
        ("zunit=pixel\nspacing=3\n", (2.0, 2.0), (3.0, 0.5, 0.5)),
    ],
)
def test_imagej_with_a_unit_for_each_axis(
    tmp_path: Path, text: str, resolution: tuple[float, float], expected: tuple[float, float, float]
) -> None:
    head = "ImageJ=1.54f\nimages=5\nslices=5\nunit=micron\n"
    tifffile.imwrite(
        tmp_path / "a.tif", STACK, photometric="minisblack", metadata=None, resolution=resolution,
        resolutionunit="NONE", description=head + text,
    )  # fmt: skip
    size = open_volume(tmp_path / "a.tif").voxel_size
    assert (size.unit, size.zyx) == ("µm", pytest.approx(expected))


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("1E-5", "dm", 1.0),
        ("0.1", "thou", 2.54),
        ("1e-6", "m", 1.0),
        ("5000", "Å", 0.5),
        ("1e-15", "Mm", 1e-3),
        ("2", "nm", 2e-3),
    ],
)
def test_units_of_ome(tmp_path: Path, value: str, unit: str, expected: float) -> None:
    facts = {"PhysicalSizeX": 0.3, "PhysicalSizeY": 0.3, "PhysicalSizeZ": float(value), "PhysicalSizeZUnit": unit}
    tifffile.imwrite(tmp_path / "a.ome.tif", STACK, photometric="minisblack", metadata={"axes": "ZYX", **facts})
    volume = open_volume(tmp_path / "a.ome.tif")
    assert volume.voxel_size.zyx == pytest.approx((expected, 0.3, 0.3))
    assert volume.notes == ()


def _zarr(path: Path, data: np.ndarray, units: dict[str, str], scale: list[Any], **more: Any) -> zarr.Group:
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    group.create_array("0", shape=data.shape, chunks=data.shape, dtype=data.dtype)[...] = data
    axes = [{"name": n, "type": "space" if u else "channel", **({"unit": u} if u else {})} for n, u in units.items()]
    steps = [{"type": "scale", "scale": scale}]
    image = {"version": "0.4", "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": steps}]}
    group.attrs.update({"multiscales": [image], **more})
    return group


def test_zarr_with_a_unit_for_each_axis(tmp_path: Path) -> None:
    _zarr(tmp_path / "a.ome.zarr", STACK, {"z": "nanometer", "y": UM, "x": UM}, [250, 0.5, 0.5])
    assert open_volume(tmp_path / "a.ome.zarr").voxel_size.zyx == (0.25, 0.5, 0.5)


@pytest.mark.parametrize(
    "scale", [[2, 0.5, 0.5], ["a", 1, 1, 1], None, [[1], 1, 1, 1], [1, 2, math.nan, 0.5], [1, math.inf, 1, 1]]
)
def test_a_scale_that_does_not_fit_the_axes_is_told(tmp_path: Path, scale: Any) -> None:
    both = np.stack([STACK, STACK + 1000])
    _zarr(tmp_path / "a.ome.zarr", both, {"c": "", "z": UM, "y": UM, "x": UM}, scale)
    volume = open_volume(tmp_path / "a.ome.zarr")
    np.testing.assert_array_equal(volume.read_channels(), both)
    assert not volume.voxel_size.known
    assert "voxel size does not fit" in volume.notes[0]


@pytest.mark.parametrize("display", [None, {}, {"channels": None}, {"channels": [None, {}]}, {"channels": "x"}, []])
def test_channels_without_names_are_no_damage(tmp_path: Path, display: Any) -> None:
    both = np.stack([STACK, STACK + 1000])
    _zarr(tmp_path / "a.ome.zarr", both, {"c": "", "z": UM, "y": UM, "x": UM}, [1, 2, 0.5, 0.5], omero=display)
    volume = open_volume(tmp_path / "a.ome.zarr")
    assert (volume.channel_names, volume.voxel_size.zyx) == ((), (2, 0.5, 0.5))


def test_labels_inside_an_image_are_opened_by_their_folder(tmp_path: Path) -> None:
    space, labels = {"z": UM, "y": UM, "x": UM}, (STACK > 100).astype(np.uint32) * 70_000
    _zarr(tmp_path / "a.ome.zarr", STACK, space, [2, 0.5, 0.5]).create_group("labels").attrs["labels"] = ["nuclei"]
    inside = tmp_path / "a.ome.zarr" / "labels"
    _zarr(inside / "nuclei", labels, space, [2, 0.5, 0.5], **{"image-label": {"version": "0.4"}})
    np.testing.assert_array_equal(open_labels(inside / "nuclei").read(), labels)
    assert list_images(inside) == [inside / "nuclei"]
    assert not is_image_file(inside)


def test_an_image_with_a_path_outside_of_its_folder_is_refused(tmp_path: Path) -> None:
    group = _zarr(tmp_path / "secret.zarr", STACK, {"z": UM, "y": UM, "x": UM}, [1, 1, 1])
    group = _zarr(tmp_path / "a.zarr", STACK, {"z": UM, "y": UM, "x": UM}, [1, 1, 1])
    group.attrs["multiscales"] = [{**group.attrs["multiscales"][0], "datasets": [{"path": "../secret.zarr/0"}]}]
    with pytest.raises(Exception, match=r"Cannot open a\.zarr"):
        open_volume(tmp_path / "a.zarr")


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_png_keeps_16_bits(tmp_path: Path, samples: int) -> None:
    data = ramp(12, 16, samples) * 60
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(data if samples > 1 else data[..., 0]))
    volume = open_volume(tmp_path / "a.png")
    colors = samples if samples in (1, 3) else samples - 1
    assert volume.dtype == np.uint16
    np.testing.assert_array_equal(volume.read_channels()[:, 0], np.moveaxis(data[..., :colors], -1, 0))
    assert any("opacity" in note for note in volume.notes) == (samples in (2, 4))


@pytest.mark.parametrize("sample", ["unspecified", "unassalpha"])
def test_a_fourth_value_is_opacity_only_where_the_file_says_so(tmp_path: Path, sample: str) -> None:
    data = ramp(6, 6, 4)
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="rgb", extrasamples=[sample])
    volume = open_volume(tmp_path / "a.tif")
    assert (volume.channels, volume.rgb) == ((4, False) if sample == "unspecified" else (3, True))
    np.testing.assert_array_equal(volume.read_channels()[:, 0], np.moveaxis(data, -1, 0)[: volume.channels])
    assert len(volume.notes) == 1
