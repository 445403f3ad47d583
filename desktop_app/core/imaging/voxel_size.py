"""The physical size of a voxel."""

from __future__ import annotations

import math
import unicodedata
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from desktop_app.core.imaging.shown_size import ORDER

Unit: TypeAlias = Literal["nm", "µm", "mm"]
_METRES: dict[str, float] = {"nm": 1e-9, "µm": 1e-6, "mm": 1e-3}  # by definition
_PLAUSIBLE = (1e-13, 0.1)  # m: a thousandth of an atom's width, and more than any scanner's slice distance
_SAME = 0.01  # relative; a judgement: more than programs round by when they write a size
_NAMES: dict[str, Unit] = {
    "nm": "nm", "nanometer": "nm", "nano": "nm",
    "μm": "µm", "um": "µm", "μ": "µm", "micron": "µm", "micrometer": "µm", "micro": "µm", "mikrometer": "µm",
    "mikron": "µm", "micra": "µm",
    "mm": "mm", "millimeter": "mm",
}  # fmt: skip
_BROKEN = {"\\u00b5": "μ", "\\u03bc": "μ", "\\xb5": "μ", "&micro;": "μ", "&mu;": "μ", "&#181;": "μ", "&#956;": "μ",
           "âμ": "μ", "î¼": "μ", "\ufffd": "μ"}  # fmt: skip
"""What programs make of the letter µ when they escape it or mistake its encoding, in small letters."""


def parse_unit(text: str) -> Unit | None:
    """The unit behind a spelling found in a file (``um``, ``micron``, ``µm``); None if it is no length known here."""
    word = unicodedata.normalize("NFKC", text).strip(" \t\r\n\0.\"'").lower()
    for broken, letter in _BROKEN.items():
        word = word.replace(broken, letter)
    word = word.replace("metre", "meter").replace(" ", "").replace("-", "")
    return _NAMES.get(word) or _NAMES.get(word.removesuffix("s"))


class VoxelSize(BaseModel):
    """Edge lengths of a voxel along z, y and x.

    ``known`` is False where the file did not say: then all edges are 1 and lengths are in voxels.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)

    z: float = Field(default=1.0, gt=0, title="Slice distance", description="Distance between slices.")
    y: float = Field(default=1.0, gt=0, title="Pixel height", description="Usually the same as the pixel width.")
    x: float = Field(default=1.0, gt=0, title="Pixel width", description="As the microscope states it.")
    unit: Unit = Field(default="µm", title="Unit", description="nm for electron, µm for light microscopy.")
    known: bool = Field(default=True, title="Known", description="Off where the file does not state the size.")

    @classmethod
    def unknown(cls) -> VoxelSize:
        """One voxel is one voxel."""
        return cls(known=False)

    @property
    def zyx(self) -> tuple[float, float, float]:
        """Edges in (z, y, x), in ``unit``."""
        return self.z, self.y, self.x

    @property
    def plausible(self) -> bool:
        """Whether a voxel can have this size."""
        low, high = _PLAUSIBLE
        return all(low <= edge * _METRES[self.unit] <= high for edge in self.zyx)

    @property
    def anisotropy(self) -> float:
        """Slice distance over pixel width."""
        return self.z / self.x

    @property
    def voxel_volume(self) -> float:
        """In cubed units."""
        return self.z * self.y * self.x

    def converted(self, unit: Unit) -> VoxelSize:
        """The same size in another unit."""
        f = _METRES[self.unit] / _METRES[unit]
        return VoxelSize(z=self.z * f, y=self.y * f, x=self.x * f, unit=unit, known=self.known)

    def same_as(self, other: VoxelSize, tolerance: float = _SAME) -> bool:
        """Whether both are equal within a relative ``tolerance``; unknown sizes are equal to each other only."""
        if self.known != other.known:
            return False
        pairs = zip(self.zyx, other.converted(self.unit).zyx, strict=True)
        return not self.known or all(math.isclose(a, b, rel_tol=tolerance) for a, b in pairs)

    def describe(self) -> str:
        """For a person: ``0.8 × 0.8 × 1.75 µm (x, y, z)``."""
        if not self.known:
            return "not stated"
        return f"{self.x:.4g} × {self.y:.4g} × {self.z:.4g} {self.unit} {ORDER}"
