"""Tensors and plain values of PyTorch's zip files (since version 1.6), read without PyTorch and without its pickle.

The file is a zip archive ``NAME/data.pkl``, ``NAME/data/0`` … (the raw numbers) and, for TorchScript, ``NAME/code``.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.first_bytes import first_bytes
from desktop_app.io.images.file_kinds import really
from desktop_app.io.models.files import ZIP_DAMAGE
from desktop_app.io.models.pickles import Builder, DamagedPickle, Instance, RefusedPickle, read_pickle, table

_ROOM_FOR_TEXT = 64 * 2**20  # bytes for code and pickles beside the numbers, which do not shrink
_INFLATION = 8  # unpacked by packed bytes: weights shrink to half at best, a zip bomb to a thousandth
_DTYPES = {
    "Float": "f4", "Double": "f8", "Half": "f2", "BFloat16": "u2", "Long": "i8", "Int": "i4", "Short": "i2",
    "Char": "i1", "Byte": "u1", "Bool": "?",
}  # fmt: skip
_LISTS = frozenset({"build_intlist", "build_doublelist", "build_boollist", "build_tensorlist"})
_NUMPY = frozenset({"numpy", "numpy.core.multiarray", "numpy._core.multiarray", "_codecs"})
QUANTISED = "the numbers in it are quantised (8-bit), which cannot be converted."


class _Quantised(RefusedPickle):
    """Numbers of 8 bits with a scale, which stand for nothing here."""


class TorchZip:
    """An opened file. Use ``opened_torch_zip``.

    Args:
        path: The file, for messages.
        archive: The zip archive.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self._members = {info.filename: info for info in archive.infolist()}
        pickles = [name for name in self._members if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise UnreadableFileError(path, "it is a zip archive, but holds no weights of a network.")
        self.root = pickles[0].removesuffix("data.pkl")
        self._allowed = _ROOM_FOR_TEXT + _INFLATION * path.stat().st_size
        self._storages: dict[str, NDArray[Any]] = {}
        order = self._bytes("byteorder") if f"{self.root}byteorder" in self._members else b"little"
        self._order = ">" if order.strip() == b"big" else "<"

    def content(self) -> Any:
        """What ``data.pkl`` describes: plain values, arrays, and an ``Instance`` for each module.

        Raises:
            UserError: If it holds anything else, for example code, or quantised numbers.
        """
        try:
            return read_pickle(self._bytes("data.pkl"), self._find, self._storage)
        except _Quantised as error:
            raise UserError(
                f"Cannot use {self._path.name}: {QUANTISED}",
                hint="Take the full version of the model, whose name has no “quantized” in it.",
            ) from error
        except DamagedPickle as error:
            raise damaged(self._path, error) from error
        except RefusedPickle as error:
            raise UserError(
                f"{self._path.name} was refused: it holds more than numbers and text ({error}).",
                hint="Such a file could run a program on this computer. Ask its sender for the weights alone.",
                details=f"{self._path}: {error!r}",
            ) from error

    def code(self) -> dict[str, str]:
        """The text of TorchScript's class descriptions by module name; it is only looked at."""
        start = f"{self.root}code/"
        names = [name for name in self._members if name.startswith(start) and name.endswith(".py")]
        return {name.removeprefix(start).removesuffix(".py").replace("/", "."): self._text(name) for name in names}

    def _text(self, name: str) -> str:
        return self._read(name, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)).decode("utf-8", "replace")

    def _bytes(self, name: str) -> bytes:
        return self._read(f"{self.root}{name}")

    def _read(self, name: str, packed: tuple[int, ...] = (zipfile.ZIP_STORED,)) -> bytes:
        info = self._members[name]
        if info.compress_type not in packed:
            raise UnreadableFileError(self._path, "it was not packed by PyTorch.", hint="Ask its sender for it again.")
        self._spend(info.file_size)
        try:
            return self._archive.read(info)
        except ZIP_DAMAGE as error:
            raise damaged(self._path, error) from error

    def _spend(self, count: int) -> None:
        """Bytes of a file that was made to fill the memory are more than it has room for."""
        self._allowed -= count
        if self._allowed < 0:
            raise UserError(
                f"{self._path.name} was refused: it claims far more numbers than it has room for.",
                hint="It is damaged, or was made to do harm. Ask its sender for it again.",
            )

    def _find(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "__torch__":
            return Builder(lambda *_: Instance(f"{module}.{name}"))
        if (module, name) == ("collections", "OrderedDict"):
            return Builder(lambda pairs=(): table([each for pair in pairs for each in pair]))
        if module == "torch._utils" and name in ("_rebuild_tensor_v2", "_rebuild_parameter"):
            return Builder(self._tensor if name == "_rebuild_tensor_v2" else lambda data, *_: data)
        if module == "torch.jit._pickle" and (name in _LISTS or name == "restore_type_tag"):
            return Builder(lambda value, *_: value)
        if module == "torch":
            return self._torch_name(name)
        if module in _NUMPY and name in ("dtype", "scalar", "encode"):
            return Builder(lambda *_: {})
        if name.startswith("_rebuild_q"):
            raise _Quantised(name)
        raise RefusedPickle(f"{module}.{name}")

    def _torch_name(self, name: str) -> Any:
        if name.removesuffix("Storage") in _DTYPES and name.endswith("Storage"):
            return name.removesuffix("Storage")
        if name.startswith(("QInt", "QUInt", "qint", "quint")):
            raise _Quantised(name)
        if name in ("device", "Size"):
            return Builder(lambda *values: values[0] if len(values) == 1 else values)
        if name.startswith(("float", "int", "uint", "bfloat", "bool", "per_", "strided", "contiguous", "preserve")):
            return name
        raise RefusedPickle(f"torch.{name}")

    def _storage(self, identity: Any) -> tuple[NDArray[Any], bool]:
        """Raw numbers, and whether they are bfloat16, which NumPy does not have."""
        if not isinstance(identity, tuple) or len(identity) != 5 or identity[0] != "storage":
            raise RefusedPickle("an unknown kind of reference")
        _, kind, key, _, count = identity
        if kind not in _DTYPES or not isinstance(key, str) or not isinstance(count, int):
            raise RefusedPickle("an unknown kind of numbers")
        name = f"{self.root}data/{key}"
        if name not in self._members:
            raise UnreadableFileError(self._path, "some of its weights are missing.", hint="Copy or download it again.")
        if name not in self._storages:
            dtype = np.dtype(f"{self._order}{_DTYPES[kind]}")
            raw = self._read(name)
            if len(raw) < count * dtype.itemsize or count < 0:
                raise damaged(self._path, ValueError(f"{name}: {len(raw)} bytes for {count} numbers"))
            self._storages[name] = np.frombuffer(bytearray(raw), dtype, count)
        return self._storages[name], kind == "BFloat16"

    def _tensor(self, storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> NDArray[Any]:
        flat, brain = storage
        if not isinstance(flat, np.ndarray) or len(size) != len(stride) or offset < 0 or min((*size, *stride, 0)) < 0:
            raise DamagedPickle("a tensor without numbers")
        count = int(np.prod([int(n) for n in size], dtype=object)) if size else 1
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if count and (last >= flat.size or count > flat.size):
            raise DamagedPickle("a tensor larger than its numbers")
        self._spend(count * flat.itemsize)
        steps = tuple(step * flat.itemsize for step in stride)
        view = np.lib.stride_tricks.as_strided(flat[offset:], size, steps) if count else np.zeros(size, flat.dtype)
        value = np.ascontiguousarray(view).reshape(size)
        if brain:
            return (value.astype("<u4") << 16).view("<f4")
        return value.astype(value.dtype.newbyteorder("="), copy=False)


@contextmanager
def opened_torch_zip(path: Path) -> Iterator[TorchZip]:
    """A file of PyTorch 1.6 or newer.

    Raises:
        UnreadableFileError: If it is missing, cut off, or another kind of file.
    """
    start = first_bytes(path)
    if not start.startswith(b"PK"):
        raise UnreadableFileError(path, f"it is {really(start)}, not a file of PyTorch.")
    try:
        archive = zipfile.ZipFile(path)
    except ZIP_DAMAGE as error:
        raise damaged(path, error) from error
    with archive:
        yield TorchZip(path, archive)


def damaged(path: Path, error: BaseException) -> UnreadableFileError:
    """The sentence for a file that ends too early or has wrong bytes."""
    return UnreadableFileError(
        path, "the file is cut off or damaged.", hint="Copy or download it again.", details=f"{path}: {error!r}"
    )
