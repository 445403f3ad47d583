"""Models of another program on disk: weights, alone, with a description beside them, or packed into one file."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.foreign import ForeignDescription
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.atomic import writing
from desktop_app.io.first_bytes import first_bytes
from desktop_app.io.images.file_kinds import really
from desktop_app.io.models.files import ZIP_DAMAGE
from desktop_app.io.models.tensors import TENSOR_SUFFIXES
from desktop_app.io.models.torch_zip import damaged
from desktop_app.io.settings import cache_folder
from desktop_app.io.yaml_files import YAML_SUFFIXES, read_yaml

PACKED_SUFFIX = ".empanada"
ARCHIVE_SUFFIXES = (".tar.gz", ".tgz")
_DESCRIPTIONS = YAML_SUFFIXES
FOREIGN_SUFFIXES = (PACKED_SUFFIX, *ARCHIVE_SUFFIXES, *TENSOR_SUFFIXES, *_DESCRIPTIONS)
_GZIP = b"\x1f\x8b"  # what a file of gzip begins with (RFC 1952)
_LARGEST_WEIGHTS = 8 * 2**30  # bytes: more than any published model has, and a bound for what a file may unpack


_ARCHIVE_DAMAGE = (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile)


@dataclass(frozen=True, slots=True)
class ForeignFiles:
    """The parts of a model.

    Attributes:
        weights: Readable with ``read_tensors``.
        description: None where there is none.
    """

    weights: Path
    description: Path | None


@contextmanager
def foreign_files(source: Path, description: Path | None = None, member: str = "") -> Iterator[ForeignFiles]:
    """The parts of a model; of a packed one they are unpacked for the length of the block.

    Args:
        source: Weights, a description of which the weights are at hand, or a packed model.
        description: A YAML file to use; None takes the one inside or beside.
        member: Name of the weights in an archive that holds several.

    Raises:
        UnreadableFileError: If the file is missing, cut off, or no such model.
        UnwritableFileError: If there is no room to unpack it.
    """
    if source.suffix.lower() in _DESCRIPTIONS:
        yield ForeignFiles(weights_beside(source), description or source)
        return
    archive = source.name.lower().endswith(ARCHIVE_SUFFIXES)
    if not archive and source.suffix.lower() != PACKED_SUFFIX:
        yield ForeignFiles(source, description or description_beside(source))
        return
    begins = _GZIP if archive else b"PK"
    if not first_bytes(source).startswith(begins):
        raise UnreadableFileError(source, f"it is {really(first_bytes(source))}, not a packed model.")
    with writing(cache_folder()):
        cache_folder().mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix="import-", dir=cache_folder(), ignore_cleanup_errors=True)
    with scratch as folder:
        inside = _from_archive(source, Path(folder), member) if archive else _unpack(source, Path(folder))
        yield ForeignFiles(inside.weights, description or inside.description)


def description_beside(weights: Path) -> Path | None:
    """The YAML file of the same name, ``MODEL.yaml`` beside ``MODEL.pth`` or ``MODEL.pth.tar``."""
    stem = plain_name(weights)
    return next((p for s in _DESCRIPTIONS if (p := weights.with_name(f"{stem}{s}")).is_file()), None)


def weights_beside(description: Path) -> Path:
    """The weights that a YAML file names, beside it or where it says, or those of its own name beside it.

    Raises:
        UnreadableFileError: If they are not there, or it is no description.
        UserError: If an entry of it is wrong.
    """
    told = read_description(description).model
    named = told.partition("?")[0].replace("\\", "/").rpartition("/")[2]
    places = [description.with_name(named), Path(told)] if named else []
    places += [description.with_name(f"{plain_name(description)}{suffix}") for suffix in TENSOR_SUFFIXES]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        address = f", or download them from {told}" if told.startswith(("https://", "http://")) else ""
        raise UnreadableFileError(
            description, f"the weights {named or 'of the model'} that it describes are not beside it.",
            hint=f"Put both into one folder{address}.",
        )  # fmt: skip
    return found


def plain_name(path: Path) -> str:
    """The name of a file without its endings."""
    name = path.name
    while (suffix := Path(name).suffix) and suffix.lower() in (*FOREIGN_SUFFIXES, *_DESCRIPTIONS, ".gz"):
        name = name.removesuffix(suffix)
    return name or path.name


def read_description(path: Path) -> ForeignDescription:
    """What a YAML file says of a model.

    Raises:
        UnreadableFileError: If it is missing or no YAML.
        UserError: If an entry that is needed is missing or wrong; it is named.
    """
    data: Any = read_yaml(path, "description of a model")
    if not isinstance(data, dict):
        raise UnreadableFileError(path, "it does not describe a model.")
    try:
        return ForeignDescription.model_validate(data)
    except ValidationError as error:
        raise explain(error, f"The description {path.name}") from error


def _unpack(source: Path, folder: Path) -> ForeignFiles:
    try:
        with zipfile.ZipFile(source) as archive:
            names = [i.filename for i in archive.infolist() if not i.is_dir() and "__MACOSX" not in i.filename]
            texts = [name for name in names if name.lower().endswith(_DESCRIPTIONS)]
            weights = [name for name in names if name.lower().endswith(TENSOR_SUFFIXES) and "quantized" not in name]
            if len(texts) != 1 or not weights:
                raise UnreadableFileError(
                    source, "there is no model with its description (.pth and .yaml) in it.",
                    hint="If the description names an address, download the weights from there and import these.",
                )  # fmt: skip
            stem = PurePosixPath(texts[0]).stem
            chosen = next((name for name in weights if PurePosixPath(name).stem == stem), weights[0])
            return ForeignFiles(_extract(archive, chosen, folder), _extract(archive, texts[0], folder))
    except ZIP_DAMAGE as error:
        raise damaged(source, error) from error


def _from_archive(source: Path, folder: Path, member: str) -> ForeignFiles:
    """The weights in a compressed archive; nothing else of it is unpacked."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            found = [info for info in archive if info.isfile() and _is_weights(info.name)]
            named = [info for info in found if PurePosixPath(info.name).name == member] or found
            if len(named) != 1:
                inside = ", ".join(PurePosixPath(info.name).name for info in found) or "none"
                raise UnreadableFileError(
                    source, f"it should hold one file with weights, but holds {inside}.",
                    hint="Unpack it, and import the file that you want.",
                )  # fmt: skip
            target = folder / PurePosixPath(named[0].name).name
            _require_size(target.name, named[0].size)
            with _content(archive, named[0]) as content, writing(target), target.open("wb") as out:
                shutil.copyfileobj(content, out, 2**20)
            return ForeignFiles(target, None)
    except _ARCHIVE_DAMAGE as error:
        raise UnreadableFileError(
            source, "it is cut off or damaged.", hint="Download or copy it again.", details=str(error)
        ) from error


def _is_weights(name: str) -> bool:
    """Whether a member has such a name; what a Mac adds to archives has none."""
    last = PurePosixPath(name).name
    return last.lower().endswith(TENSOR_SUFFIXES) and not last.startswith("._")


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(info)
    if content is None:
        raise tarfile.ReadError(f"{info.name} is no file")
    return content


def _require_size(name: str, size: int) -> None:
    if size > _LARGEST_WEIGHTS:
        raise UserError(f"The file {name} in it claims {size / 1e9:.0f} GB, more than any model has.")


def _extract(archive: zipfile.ZipFile, name: str, folder: Path) -> Path:
    """A member under its bare name, so that no name can lead out of the folder."""
    info = archive.getinfo(name)
    _require_size(name, info.file_size)
    target = folder / PurePosixPath(name.replace("\\", "/")).name
    with archive.open(info) as inside, writing(target), target.open("wb") as out:
        shutil.copyfileobj(inside, out, 2**20)
    return target
