"""Layers as files to publish: an archive cut into parts, a manifest with their checksums, and its signature."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sys
import tarfile
from pathlib import Path
from typing import IO, cast

from failures import SetupError
from xz_pieces import XzPieces

PART_BYTES = 1_900_000_000  # below 2 GB: what file hosts and USB sticks with FAT take everywhere
KEY_VARIABLE = "VOXELWRIGHT_SIGNING_KEY"
_CHUNK = 2**20
_HASH_DIGITS = 12  # hexadecimal; 48 bits tell all layers that are ever built apart


def tree_hash(folder: Path) -> str:
    """A hash of all names and bytes below a folder, which names a layer."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_HASH_DIGITS]


def tree_size(folder: Path) -> int:
    """Bytes of all files below a folder; links count nothing."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def linked(source: str, target: str) -> str:
    """Hard links where the disk takes them: a copy would take gigabytes more."""
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
    return target


def signing_key(out: Path) -> bytes:
    """The secret key of who builds: from the environment, else made once and kept beside what is built.

    Raises:
        SetupError: If the environment's is no key.
    """
    text = os.environ.get(KEY_VARIABLE, "")
    path = out / "signing-key.txt"
    if not text and path.exists():
        text = path.read_text(encoding="ascii")
    if not text:
        text = secrets.token_hex(32)
        out.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text + "\n", encoding="ascii")
        print(f"Made a signing key: {path}. Keep it secret and safe; updates must be signed with it.", flush=True)
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SetupError(f"{KEY_VARIABLE} (or {path}) must hold 64 hexadecimal digits.")
    return key


def pack_layer(folder: Path, facts: dict[str, object], out: Path, key: bytes, part_bytes: int = PART_BYTES) -> Path:
    """Write a layer's parts, its manifest and the signature.

    Args:
        folder: The layer's files.
        facts: Of the manifest: kind, version, runtime and what else is known of it.
        out: Where to write.
        key: Secret key.
        part_bytes: The most bytes of a part.

    Returns:
        The manifest.
    """
    from desktop_app.core.config.layers import LayerManifest
    from desktop_app.core.signatures import sign

    out.mkdir(parents=True, exist_ok=True)
    kind = str(facts["kind"])
    stem = f"voxelwright-{kind}-{sys.platform}"
    parts = _Parts(out, f"{stem}.tar.xz", part_bytes)
    compressed = XzPieces(parts)
    with tarfile.open(fileobj=cast("IO[bytes]", compressed), mode="w|") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path.resolve() if path.is_symlink() else path, path.relative_to(folder), recursive=False)
    compressed.close()
    parts.close()
    manifest = LayerManifest.model_validate(
        {
            "name": f"{kind}-{facts['version']}-{tree_hash(folder)}",
            "system": sys.platform,
            "unpacked": tree_size(folder),
            "parts": parts.facts(),
            **facts,
        }
    )
    data = (manifest.model_dump_json(indent=2) + "\n").encode()
    path = out / f"{stem}.json"
    path.write_bytes(data)
    path.with_name(path.name + ".sig").write_text(sign(key, data).hex() + "\n", encoding="ascii")
    return path


class _Parts:
    """A file that is written into parts of a size."""

    def __init__(self, folder: Path, name: str, most: int) -> None:
        self._folder, self._name, self._most = folder, name, most
        self._file: IO[bytes] | None = None
        self._left = 0
        self._paths: list[Path] = []

    def write(self, data: bytes) -> int:
        """Write on, into the next part where one is full."""
        view = memoryview(data)
        while view:
            if self._file is None or not self._left:
                self._next()
            piece = view[: self._left]
            cast("IO[bytes]", self._file).write(piece)
            self._left -= len(piece)
            view = view[len(piece) :]
        return len(data)

    def close(self) -> None:
        """Close the last part."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def facts(self) -> list[dict[str, object]]:
        """Name, size and checksum of each."""
        return [{"name": p.name, "size": p.stat().st_size, "sha256": file_hash(p)} for p in self._paths]

    def _next(self) -> None:
        self.close()
        self._paths.append(self._folder / f"{self._name}.{len(self._paths) + 1:03d}")
        self._file, self._left = self._paths[-1].open("wb"), self._most


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
