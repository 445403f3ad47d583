"""Files as other programs write them, of kinds that people had trouble with: voxels, axes and sizes are right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr

from desktop_app.core.job import RecordingContext
from desktop_app.io.datasets import recognise
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.data.convert import convert_image
from tests.io.images.tiff_sets import ramp, write_ome_set

HEAD = '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
UM = "micrometer"


@dataclass(frozen=True)
class Right:
    """What is right: (T, C, Z, Y, X) voxels, voxel size z, y, x in µm, and whether something must be said."""

    voxels: np.ndarray
    um: tuple[float, float, float] | None = None
    note: bool = False
    labels: bool = False


def require_right(path: Path, right: Right) -> None:
    """A file is read as it should be, time point by time point."""
    volume = (open_labels if right.labels else open_volume)(path)
    assert volume.times == right.voxels.shape[0]
    np.testing.assert_array_equal(np.stack([one.read_channels() for one in volume.each_time()]), right.voxels)
    assert volume.voxel_size.known == (right.um is not None)
    if right.um is not None:
        assert volume.voxel_size.converted("µm").zyx == pytest.approx(right.um)
    assert not right.note or volume.notes


def described(folder: Path, voxels: np.ndarray, facts: str, *, compression: str | None = None) -> Path:
    """An OME-TIFF (Z, Y, X) whose pixels have these attributes."""
    z, y, x = voxels.shape
    size = f'Type="uint16" SizeX="{x}" SizeY="{y}" SizeZ="{z}" SizeC="1" SizeT="1" {facts}'
    inner = f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData IFD="0" PlaneCount="{z}"/>'
    text = (
        f'{HEAD}<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" {size}>{inner}</Pixels></Image></OME>'
    )
    path = folder / "stack.ome.tif"
    tifffile.imwrite(
        path, voxels, photometric="minisblack", description=text.encode(), metadata=None, compression=compression
    )
    return path


def in_zarr(path: Path, voxels: np.ndarray, axes: list[Any], scale: list[float], **more: Any) -> zarr.Group:
    """An OME-Zarr image of version 0.4."""
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    group.create_array("0", shape=voxels.shape, dtype=voxels.dtype)[...] = voxels
    sets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}]
    group.attrs.update({"multiscales": [{"version": "0.4", "axes": axes, "datasets": sets}], **more})
    return group


def space(*units: str | None) -> list[dict[str, str]]:
    return [{"name": n, "type": "space", **({"unit": u} if u else {})} for n, u in zip("zyx", units, strict=True)]


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("opened", [0, 2])
def test_slices_in_several_files(tmp_path: Path, compression: str | None, opened: int) -> None:
    voxels = ramp(1, 4, 16, 20)
    names = [f"s_z{z}.ome.tif" for z in range(4)]
    paths = write_ome_set(tmp_path / "set", voxels, "Z", names, compression=compression)
    require_right(paths[opened], Right(voxels[None], (2, 0.5, 0.5)))


def test_channels_in_several_files(tmp_path: Path) -> None:
    voxels = ramp(2, 3, 8, 10)
    paths = write_ome_set(tmp_path / "set", voxels, "C", ["t_C0.ome.tif", "t_C1.ome.tif"])
    require_right(paths[0], Right(voxels[None], (2, 0.5, 0.5)))


@pytest.mark.parametrize("samples", [(), (3,)])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"bigtiff": True}, {"byteorder": ">"}])
def test_written_page_by_page(tmp_path: Path, options: dict[str, Any], samples: tuple[int, ...]) -> None:
    voxels = (ramp(5, 32, 48, *samples) % 251).astype(np.uint8)
    writer = {name: options[name] for name in options if name != "compression"}
    with tifffile.TiffWriter(tmp_path / "a.tif", **writer) as file:
        for page in voxels:
            file.write(page, photometric="rgb" if samples else None, compression=options.get("compression"))
    full = np.moveaxis(voxels, -1, 0) if samples else voxels[None]
    require_right(tmp_path / "a.tif", Right(full[None]))


@pytest.mark.parametrize("axes", ["TZCYX", "TZYX", "TCYX", "TYX"])
@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_movies(tmp_path: Path, axes: str, kind: str) -> None:
    lengths = {"T": 3, "Z": 5, "C": 2, "Y": 12, "X": 16}
    voxels = ramp(*(lengths[axis] for axis in axes))
    sizes = {"spacing": 0.5, "unit": "um"} if kind == "imagej" else {}
    path = tmp_path / ("a.tif" if kind == "imagej" else "a.ome.tif")
    resolution = {"resolution": (10, 10)} if kind == "imagej" else {}
    tifffile.imwrite(
        path, voxels, imagej=kind == "imagej", photometric="minisblack", metadata={"axes": axes, **sizes}, **resolution
    )
    full = np.einsum(f"{axes}->{''.join(a for a in 'TCZYX' if a in axes)}", voxels)
    shape = [lengths[axis] if axis in axes else 1 for axis in "TCZYX"]
    z = 0.5 if "Z" in axes or kind == "imagej" else 0.1
    require_right(path, Right(full.reshape(shape), (z, 0.1, 0.1) if kind == "imagej" else None))


@pytest.mark.parametrize("shape", [(4, 6, 6), (4, 6, 9)])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_columns_before_rows(tmp_path: Path, shape: tuple[int, ...], compression: str | None) -> None:
    voxels = ramp(*shape)
    tifffile.imwrite(
        tmp_path / "a.tif", voxels.transpose(0, 2, 1), photometric="minisblack", compression=compression,
        metadata={"axes": "ZXY"},
    )  # fmt: skip
    require_right(tmp_path / "a.tif", Right(voxels[None, None]))


@pytest.mark.parametrize(
    ("lines", "resolution", "um"),
    [
        ("unit=micron\nzunit=nm\nspacing=250.0\n", (2.0, 2.0), (0.25, 0.5, 0.5)),
        ("unit=micron\nyunit=nm\nspacing=0.75\n", (2.0, 0.002), (0.75, 0.5, 0.5)),
        ("unit=inch\nspacing=0.0001\n", (50_800.0, 50_800.0), (2.54, 0.5, 0.5)),
        ("unit=mm\nspacing=0.002\n", (2000.0, 2000.0), (2, 0.5, 0.5)),
        ("unit=nm\nspacing=8\n", (0.25, 0.25), (0.008, 0.004, 0.004)),
        ("unit=\\u00b5m\nspacing=2\n", (2.0, 2.0), (2, 0.5, 0.5)),
        ("unit=µm\nspacing=2\n", (2.0, 2.0), (2, 0.5, 0.5)),
        ("unit=um\nspacing=0\n", (2.0, 2.0), (1.0, 0.5, 0.5)),
        ("unit=pixel\nspacing=2\n", (2.0, 2.0), None),
        ("spacing=2\n", (2.0, 2.0), None),
        ("unit=um\nspacing=1e30\n", (2.0, 2.0), None),
        ("unit=um\nspacing=inf\n", (2.0, 2.0), (1.0, 0.5, 0.5)),
    ],
)
def test_units_of_imagej(
    tmp_path: Path, lines: str, resolution: tuple[float, float], um: tuple[float, float, float] | None
) -> None:
    voxels = ramp(5, 8, 10)
    text = f"ImageJ=1.54f\nimages=5\nslices=5\n{lines}".encode("latin-1")
    tifffile.imwrite(
        tmp_path / "a.tif", voxels, photometric="minisblack", metadata=None, description=text, resolution=resolution,
        resolutionunit="NONE",
    )  # fmt: skip
    require_right(tmp_path / "a.tif", Right(voxels[None, None], um))


def edges(*sizes: tuple[str, str]) -> str:
    """Sizes and units of x, y and z, as attributes of OME pixels."""
    parts = zip("XYZ", sizes, strict=False)
    return " ".join(f'PhysicalSize{a}="{value}" PhysicalSize{a}Unit="{unit}"' for a, (value, unit) in parts)


@pytest.mark.parametrize(
    ("facts", "um"),
    [
        (edges(("0.299", "&#181;m"), ("0.299", "&#181;m"), ("1E-5", "dm")), (1, 0.299, 0.299)),
        (edges(("0.3", "&#956;m"), ("0.3", "&#956;m"), ("0.9", "&#956;m")), (0.9, 0.3, 0.3)),
        (edges(("300", "nm"), ("300", "nm"), ("0.001", "mm")), (1, 0.3, 0.3)),
        (edges(("0.3", "micron"), ("0.3", "micrometre"), ("0.9", "Micrometers")), (0.9, 0.3, 0.3)),
        ('PhysicalSizeX="0.3" PhysicalSizeY="0.3" PhysicalSizeZ="0"', (0.3, 0.3, 0.3)),
        ('PhysicalSizeX="0" PhysicalSizeY="0" PhysicalSizeZ="1"', None),
        ('PhysicalSizeX="INF" PhysicalSizeY="INF" PhysicalSizeZ="1"', None),
        ('PhysicalSizeX="1e20" PhysicalSizeY="1e20" PhysicalSizeZ="1"', None),
        (edges(("1", "pixel"), ("1", "pixel")), None),
        (edges(("1", "reference frame")), None),
    ],
)
def test_units_of_ome(tmp_path: Path, facts: str, um: tuple[float, float, float] | None) -> None:
    voxels = ramp(5, 8, 10)
    require_right(described(tmp_path, voxels, facts), Right(voxels[None, None], um))


@pytest.mark.parametrize(
    ("units", "scale", "um", "note"),
    [
        (("nanometer", UM, UM), [250, 0.5, 0.5], (0.25, 0.5, 0.5), False),
        ((UM, UM, UM), [0.5, 0.5], None, True),
        ((UM, UM, UM), [0, 0.5, 0.5], (0.5, 0.5, 0.5), True),
        ((UM, UM, UM), [2, 0, 0], None, False),
        ((UM, UM, UM), [2, 1e30, 1e30], None, True),
        ((None, None, None), [2, 0.5, 0.5], None, False),
        (("micron", "um", "µm"), [2, 0.5, 0.5], (2, 0.5, 0.5), False),
    ],
)
def test_units_of_zarr(
    tmp_path: Path, units: tuple[str | None, ...], scale: list[float], um: tuple[float, ...] | None, note: bool
) -> None:
    voxels = ramp(3, 8, 10)
    in_zarr(tmp_path / "a.ome.zarr", voxels, space(*units), scale)
    require_right(tmp_path / "a.ome.zarr", Right(voxels[None, None], um, note))  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [None, [], [None, None], [{}, {"label": None}], "DAPI"])
def test_channels_without_names(tmp_path: Path, channels: Any) -> None:
    both = ramp(2, 3, 8, 10)
    axes = [{"name": "c", "type": "channel"}, *space(UM, UM, UM)]
    in_zarr(tmp_path / "a.ome.zarr", both, axes, [1, 2, 0.5, 0.5], omero={"channels": channels})
    require_right(tmp_path / "a.ome.zarr", Right(both[None], (2, 0.5, 0.5)))
    assert open_volume(tmp_path / "a.ome.zarr").channel_names == ()


def test_labels_inside_an_image(tmp_path: Path) -> None:
    voxels = ramp(3, 8, 10)
    truth = (voxels > 100).astype(np.uint32) * 70_000
    group = in_zarr(tmp_path / "a.ome.zarr", voxels, space(UM, UM, UM), [2, 0.5, 0.5])
    group.create_group("labels").attrs["labels"] = ["nuclei"]
    place = tmp_path / "a.ome.zarr" / "labels" / "nuclei"
    in_zarr(place, truth, space(UM, UM, UM), [2, 0.5, 0.5], **{"image-label": {"version": "0.4"}})
    require_right(place, Right(truth[None, None], (2, 0.5, 0.5), labels=True))


def test_colours_of_16_bits(tmp_path: Path) -> None:
    voxels = (np.arange(12 * 16 * 3).reshape(12, 16, 3) * 100).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(voxels))
    require_right(tmp_path / "a.png", Right(np.moveaxis(voxels, -1, 0)[None, :, None]))


def test_a_fourth_sample_is_no_colour(tmp_path: Path) -> None:
    voxels = ramp(6, 6, 4)
    tifffile.imwrite(tmp_path / "a.tif", voxels, photometric="rgb", extrasamples=["unspecified"])
    require_right(tmp_path / "a.tif", Right(np.moveaxis(voxels, -1, 0)[None, :, None], note=True))


@pytest.mark.parametrize("ending", [".ome.zarr", ".tif"])
def test_large_whole_numbers_stay_what_they_are(tmp_path: Path, ending: str) -> None:
    voxels = ramp(3, 6, 7).astype(np.int64) + 2**40
    tifffile.imwrite(tmp_path / "a.tif", voxels, photometric="minisblack", metadata={"axes": "ZYX"})
    convert_image(tmp_path / "a.tif", tmp_path / f"b{ending}", RecordingContext())
    require_right(tmp_path / f"b{ending}", Right(voxels[None, None]))


@pytest.mark.parametrize(
    ("pairs", "alone"),
    [
        (
            [("images/a.tif", "labels/a.tif"), ("images/Gr\u00f6\u00dfe.tif", "labels/Gro\u0308\u00dfe.tif")],
            "images/only.tif",
        ),
        ([("a.tif", "a_cp_masks.tif"), ("b.tif", "b_cp_masks.tif")], ""),
        ([(f"images/img_{i}.tif", f"labels/mask_{i:03}.tif") for i in (1, 2, 10)], ""),
    ],
)
def test_pairs_by_name(tmp_path: Path, pairs: list[tuple[str, str]], alone: str) -> None:
    image, labels = np.zeros((32, 32), np.uint8), np.zeros((32, 32), np.uint16)
    labels[4:10, 4:10] = 1
    for name, voxels in [
        *((p, image) for p, _ in pairs),
        *((q, labels) for _, q in pairs),
        *([(alone, image)] if alone else []),
    ]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / name, voxels)
    found = recognise(tmp_path)
    assert found is not None
    assert {(pair.image, pair.labels) for pair in found.pairs} == {
        (str(tmp_path / p), str(tmp_path / q)) for p, q in pairs
    }
    assert [path.relative_to(tmp_path).as_posix() for path in found.unmatched] == ([alone] if alone else [])
