"""OIB and OIF images of Olympus FluoView microscopes, read picture by picture.

An OIB file is a compound document ([MS-CFB]) with the files that an OIF image has in a folder beside it: settings as
text, and a small TIFF file for each picture. The newer OIR files have no published description and are not read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSize
from desktop_app.io.images.image_format import ImageFormat, signatures
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.plane_stack import PlaneStack
from desktop_app.io.images.stored_voxels import DAMAGE, Stated, damaged, stored_volume
from desktop_app.io.images.voxel_sizes import seconds, voxel_size
from desktop_app.io.plain_files import require_plain

_PICTURE = re.compile(r"s_((?:[A-Z]\d+)+)\.tif", re.IGNORECASE)  # s_C001Z012T003.tif; others are previews
_LEAD = "TLCZ"  # axes that lead to a picture, the outermost first; L are wavelengths
_PLAIN = (1, 5)  # compressions of TIFF (none, LZW) that FluoView writes; others could become anything
_MOST_AXES = 8  # that the settings can describe

_Settings: TypeAlias = dict[str, dict[str, Any]]


class _Folder:
    """The parts of an image by name, from the folder beside an OIF file."""

    def __init__(self, path: Path) -> None:
        from oiffile import SettingsFile

        folder = path.with_name(f"{path.name}.files")
        if not folder.is_dir():
            raise UnreadableFileError(
                path, f"its pictures are missing: there is no folder “{folder.name}” beside it.",
                hint="Copy the file together with that folder.",
            )  # fmt: skip
        require_plain(path)
        self.settings: _Settings = SettingsFile(str(path))
        self.parts = {file.name: file for file in folder.iterdir()}

    def read(self, name: str) -> bytes:
        require_plain(self.parts[name])
        return self.parts[name].read_bytes()

    def close(self) -> None:
        """Nothing is open."""


class _Compound:
    """The parts of an image by name, from an OIB file."""

    def __init__(self, path: Path) -> None:
        from oiffile import SettingsFile

        self._document = _bounded_document(path)
        try:
            streams = {name.rsplit("/", 1)[-1]: name for name in self._document.files()}
            info = SettingsFile(self._document.open_file(streams["OibInfo.txt"]), "OibInfo.txt")["OibSaveInfo"]
            named = {str(v): streams[k] for k, v in info.items() if k.startswith("Stream") and k in streams}
            self.parts = {name.replace("\\", "/").rsplit("/", 1)[-1]: stream for name, stream in named.items()}
            main = str(info[info["MainFileName"]])
            self.settings: _Settings = SettingsFile(self._document.open_file(named[main]), main)
        except BaseException:
            self.close()
            raise

    def read(self, name: str) -> bytes:
        data: bytes = self._document.open_file(self.parts[name]).read()
        return data

    def close(self) -> None:
        self._document.close()


def _bounded_document(path: Path) -> Any:
    """A compound document in which no chain of sectors is longer than the file: one in a circle would never end."""
    from oiffile.oiffile import CompoundFile

    class Bounded(CompoundFile):
        def _sec_chain(self, secid: int, /) -> Generator[bytes, None, None]:
            return _within(super()._sec_chain(secid), len(self._fat))

        def _mini_sec_chain(self, secid: int, /) -> Generator[bytes, None, None]:
            return _within(super()._mini_sec_chain(secid), len(self._minifat))

    return Bounded(str(path))


def _within(sectors: Generator[bytes, None, None], most: int) -> Generator[bytes, None, None]:
    for number, sector in enumerate(sectors):
        if number > most:
            raise ValueError("sectors follow each other in a circle")
        yield sector


def _parts(path: Path) -> _Folder | _Compound:
    return _Folder(path) if path.name.lower().endswith(".oif") else _Compound(path)


def open_oib(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over an OIB file, or over an OIF file and the folder beside it.

    Args:
        path: The file.
        cache_bytes: Memory for decoded pictures.
        reading: What the user said of its axes.

    Raises:
        UnreadableFileError: If the file is cut off or damaged.
    """
    try:
        parts = _parts(path)
        try:
            places = _places(path, parts.parts)
            settings, first = parts.settings, _decoded(path, parts.read(next(iter(places.values()))))
        finally:
            parts.close()
        counts = [max(place[i] for place in places) + 1 for i in range(len(_LEAD))]
        shape = (*counts, *first.shape)
        read = partial(_picture, path, places, first.shape, first.dtype)
        array = PlaneStack(path, shape, 2, first.dtype, read, cache_bytes)
        stated = _stated(settings, dict(zip(_LEAD, counts, strict=True)), _missing(places, counts))
        return stored_volume(path, array, "TQCZYX", stated, open_oib, cache_bytes, reading, name=path.stem)
    except DAMAGE as error:
        raise damaged(path, error) from error


def _places(path: Path, names: Any) -> dict[tuple[int, ...], str]:
    """Names of pictures by their place on the axes of ``_LEAD``, counted from 0."""
    found = {}
    for name in sorted(names):
        if match := _PICTURE.fullmatch(name):
            numbers = {letter: int(number) for letter, number in re.findall(r"([A-Z])(\d+)", match[1].upper())}
            if set(numbers) <= set(_LEAD):
                found[tuple(max(numbers.get(letter, 1) - 1, 0) for letter in _LEAD)] = name
    if not found:
        raise UnreadableFileError(path, "there is no picture in it.", hint="Copy it again from the microscope.")
    return found


def _missing(places: dict[tuple[int, ...], str], counts: list[int]) -> tuple[str, ...]:
    whole = math.prod(counts)
    if len(places) == whole:
        return ()
    return (f"{whole - len(places):,} of its {whole:,} pictures are not there; they are shown black.",)


def _picture(
    path: Path, places: dict[tuple[int, ...], str], shape: tuple[int, ...], dtype: np.dtype[Any], place: tuple[int, ...]
) -> NDArray[Any]:
    """One picture (rows, columns)."""
    if place not in places:
        return np.zeros(shape, dtype)
    parts = _parts(path)
    try:
        return _decoded(path, parts.read(places[place])).astype(dtype, copy=False)
    finally:
        parts.close()


def _decoded(path: Path, data: bytes) -> NDArray[Any]:
    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages.first
        if page.compression not in _PLAIN or page.ndim != 2 or page.nbytes > len(data) * _most_growth(page.compression):
            raise UnreadableFileError(path, "a picture of it is packed in a way that is not known here.")
        return np.asarray(page.asarray())


def _most_growth(compression: int) -> int:
    """By how much packed bytes can become more: LZW of TIFF has 4,096 codes of at least 9 bits each."""
    return 1 if compression == 1 else 4096


def _stated(settings: _Settings, counts: dict[str, int], notes: tuple[str, ...]) -> Stated:
    axes = {str(axis.get("AxisCode")): axis for axis in map(partial(_section, settings), range(_MOST_AXES))}
    z, t = (axes.get(code, {}) for code in "ZT")
    names = tuple(_channel_name(settings, i) for i in range(1, counts["C"] + 1))
    return Stated(
        _voxel_size(settings.get("Reference Image Parameter", {}), z, counts["Z"]),
        channel_names=names if all(names) else (),
        time_step=seconds(_step(t, counts["T"]) or 0.0, str(t.get("UnitName", ""))),
        notes=notes,
    )


def _section(settings: _Settings, number: int) -> dict[str, Any]:
    return settings.get(f"Axis {number} Parameters Common", {})


def _channel_name(settings: _Settings, number: int) -> str:
    told = settings.get(f"Channel {number} Parameters", {})
    return str(told.get("DyeName") or told.get("CH Name") or "").strip()


def _step(axis: dict[str, Any], count: int) -> float | None:
    """How far it is from one picture to the next, in the unit of the axis; None where it is not stated."""
    try:
        length = abs(float(axis["EndPosition"]) - float(axis["StartPosition"]))
    except (KeyError, ValueError, TypeError):
        return None
    return length / (count - 1) if count > 1 and length > 0 else None


def _voxel_size(reference: dict[str, Any], z: dict[str, Any], slices: int) -> VoxelSize:
    try:
        width, height = float(reference["WidthConvertValue"]), float(reference["HeightConvertValue"])
    except (KeyError, ValueError, TypeError):
        return VoxelSize.unknown()
    unit, across = str(reference.get("HeightUnit", "um")), str(reference.get("WidthUnit", "um"))
    return voxel_size(_step(z, slices), height, width, across, y_unit=unit, z_unit=str(z.get("UnitName", "nm")))


OIB = ImageFormat(
    name="oib",
    title="OIB, OIF",
    kind="FluoView image",
    endings=(".oib", ".oif"),
    open=open_oib,
    sniff=signatures({b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an OIB image", b"\xff\xfe[\0": "an OIF image"}),
)
