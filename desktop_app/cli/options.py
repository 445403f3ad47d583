"""Options that several commands share, and the exit statuses."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ImageReading, Index3
from desktop_app.io.images.voxel_sizes import parse_voxel_size
from desktop_app.io.images.web_links import is_address, write_link
from desktop_app.io.settings import cache_folder

FAILED: Final = 1  # some cases failed
WRONG: Final = 2  # arguments or configuration; what typer and click use, too
CANCELLED: Final = 130  # 128 + SIGINT (2), as shells report Ctrl+C

_HASH = 12  # hexadecimal digits: 48 bits tell the addresses that one person looks at apart

Json = Annotated[bool, typer.Option("--json", help="Print what happens as JSON, one event a line.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one setting (see the table below); may be repeated."),
]
DeviceOption = Annotated[
    str | None, typer.Option(help="Compute on: auto (an NVIDIA or AMD GPU if one works), cpu, cuda, cuda:1, mps, xpu.")
]
DevicesOption = Annotated[
    str | None,
    typer.Option(
        help="Compute on: auto (a GPU if there is one that works), all (every GPU, where the method can), cpu, cuda:1."
    ),
]
_WHICH = "Image in a file that holds several; “info” lists them."
SeriesOption = Annotated[str, typer.Option("--series", "--dataset", metavar="NAME|NUMBER", help=_WHICH)]
SeriesAlone = Annotated[str, typer.Option("--series", metavar="NAME|NUMBER", help=_WHICH)]
"""For commands that are given a dataset of another kind."""
Axes = Annotated[str, typer.Option(metavar="TCZYX", help="What the axes mean, where the file is wrong or silent.")]
VoxelSizeText = Annotated[
    str,
    typer.Option("--voxel-size", metavar="Z,Y,X UNIT", help="As “0.5,0.1,0.1 um”, where the file is wrong or silent."),
]
TimeAsZ = Annotated[bool, typer.Option("--time-as-z", help="Take time points for slices, and slices for time points.")]
TimePoints = Annotated[
    str,
    typer.Option("--time", metavar="NUMBERS", help="Time points of a movie, as 3 or 1-5,8; all if left out."),
]
TableFile = Annotated[
    Path, typer.Option("--out", metavar="FILE.csv|FILE.xlsx", help="The table to write: .csv, or .xlsx for Excel.")
]
OutFolder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder to write.")]


def voxel_of(text: str) -> Index3:
    """A voxel from “z,y,x”.

    Raises:
        UserError: If it is none.
    """
    try:
        z, y, x = (int(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(f"“{text}” is no voxel.", hint="Write three whole numbers, as --at 12,340,95.") from error
    return z, y, x


def image_file(text: str) -> Path:
    """An image that a command reads: a file, a folder, or a web address, for which a small file is made.

    Raises:
        UserError: If it begins as a web address, but is none.
        UnwritableFileError: If the disk refuses.
    """
    if not is_address(text):
        return Path(text)
    own = hashlib.sha256(text.strip().encode()).hexdigest()[:_HASH]
    return write_link(cache_folder() / "web" / own, text)


def reading_of(series: str, axes: str, voxel_size: str, time_as_z: bool) -> ImageReading:
    """What the options of a command say of its files.

    Raises:
        UserError: If the axes or the voxel size make no sense.
    """
    try:
        size = parse_voxel_size(voxel_size) if voxel_size else None
        return ImageReading(series=series, axes=axes, voxel_size=size, time_as_z=time_as_z)
    except ValidationError as error:
        raise explain(error, "What is said of the file") from error
