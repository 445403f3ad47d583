"""Masks of one slice as whole numbers of one bit a pixel: a step of growing takes 1 µs where shifted copies take 10.

Rows follow each other with some empty pixels between them, so that what grows over the end of one does not reach the
next; Python shifts and joins numbers of any length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desktop_app.core.imaging.region import Mask

MOST_STEPS = 4
"""How far a mask can grow: so many empty pixels stand between two rows."""


@dataclass(frozen=True, slots=True)
class BitFrame:
    """The picture that masks lie in.

    Attributes:
        rows: Its height.
        columns: Its width.
        whole: All of its pixels.
    """

    rows: int
    columns: int
    whole: int

    @classmethod
    def of(cls, shape: tuple[int, int]) -> BitFrame:
        """A picture of so many rows and columns."""
        return cls(*shape, packed(np.ones(shape, bool)))

    def mask(self, bits: int) -> Mask:
        """A number as a mask (rows, columns)."""
        stride = self.columns + MOST_STEPS
        size = self.rows * stride
        octets = np.frombuffer(bits.to_bytes((size + 7) // 8, "little"), np.uint8)  # whole bytes
        flat = np.unpackbits(octets, count=size, bitorder="little")
        return flat.reshape(self.rows, stride)[:, : self.columns].view(bool)

    def grown(self, bits: int, steps: int) -> int:
        """With all pixels of the picture that are so many steps over edges away, at most ``MOST_STEPS``, or fewer."""
        stride = self.columns + MOST_STEPS
        for _ in range(steps):
            bits |= bits << 1 | bits >> 1 | bits << stride | bits >> stride
        return bits & self.whole

    def opened(self, bits: int) -> int:
        """Without single pixels and frays; beyond the picture there is nothing."""
        stride = self.columns + MOST_STEPS
        kept = bits & bits << 1 & bits >> 1 & bits << stride & bits >> stride
        return self.grown(kept, 1)

    def sides(self, bits: int) -> int:
        """Sides of pixels between the mask and what is not."""
        stride = self.columns + MOST_STEPS
        return (bits ^ bits << 1).bit_count() + (bits ^ bits << stride).bit_count()


def packed(mask: Mask) -> int:
    """A mask (rows, columns) as a number."""
    rows, columns = mask.shape
    wide = np.zeros((rows, columns + MOST_STEPS), bool)
    wide[:, :columns] = mask
    return int.from_bytes(np.packbits(wide, bitorder="little").tobytes(), "little")
