"""What a layer of the installed program is: its parts, sizes and checksums, as its publisher signs them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from desktop_app.core.config.base import Parameters

SCHEMA_VERSION: Literal[1] = 1  # of the manifest; counts up when an older program could not read it
ProgramLayerKind = Literal["app", "gpu"]
CUDA_DRIVER, CUDA_CAPABILITY = "580", 7.5
"""NVIDIA's oldest driver, and compute capability of the oldest card (Turing: GeForce GTX 16 and RTX 20), of the CUDA 13
that the pinned PyTorch is built with (https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/)."""
_HEX = r"^[0-9a-f]{64}$"


class LayerPart(Parameters):
    """One file of a layer's archive; the parts in a row are the archive.

    Attributes:
        name: Its file name, beside the manifest.
        size: Bytes.
        sha256: Checksum.
    """

    name: str = Field(min_length=1, max_length=200)
    size: int = Field(ge=1)
    sha256: str = Field(pattern=_HEX)

    @field_validator("name")
    @classmethod
    def _plain(cls, value: str) -> str:
        if value.startswith(".") or any(c in value for c in "/\\:\0"):
            raise ValueError("a part is named by a plain file name")
        return value


class LayerManifest(Parameters):
    """A layer that can be fetched.

    Attributes:
        kind: The program itself, or a torch that computes on GPUs.
        name: Folder that it gets, named after its content's hash.
        version: Of the program, or of the torch inside.
        system: ``linux``, ``win32`` or ``darwin``.
        runtime: Hash of the runtime layer that it belongs to.
        unpacked: Bytes on the disk.
        parts: Of its archive, a ``.tar.xz`` cut into files below 2 GB.
        min_driver: NVIDIA's driver that it needs at least, as 580 or 580.65; empty for none.
        min_capability: Compute capability of the oldest GPU that it knows, as 7.5; 0 for any.
        changes: What is new, for the user.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    kind: ProgramLayerKind
    name: str = Field(pattern=r"^[a-z]+-[\w.+-]{1,80}$")
    version: str = Field(pattern=r"^\d+(\.\d+)*([+.\-]?\w+)*$", max_length=60)
    system: Literal["linux", "win32", "darwin"]
    runtime: str = ""
    unpacked: int = Field(ge=1)
    parts: tuple[LayerPart, ...] = Field(min_length=1)
    min_driver: str = Field(default="", pattern=r"^(\d+(\.\d+)*)?$")
    min_capability: float = Field(default=0.0, ge=0)
    changes: str = ""

    @property
    def packed(self) -> int:
        """Bytes to fetch."""
        return sum(part.size for part in self.parts)


def numbers(version: str) -> tuple[int, ...]:
    """A version in numbers, to be compared: 1.10 is newer than 1.9."""
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in version.split("+")[0].split("."))
