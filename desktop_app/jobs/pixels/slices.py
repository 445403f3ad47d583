"""What is around the pixels of slices that were looked at, kept so that strokes find it ready."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from desktop_app.core.imaging import Region
from desktop_app.core.job import JobContext
from desktop_app.jobs.pixels.samples import Looking
from desktop_app.objects.pixels.filters import SliceNumbers

_MOST_BYTES = 500_000_000  # of numbers that are kept: a dozen slices of 1024², and three of 2048²


@dataclass(slots=True, eq=False)
class KeptSlices:
    """The numbers of boxes of one slice each, as many as memory is given for; those not used for longest go first."""

    _kept: OrderedDict[Region, SliceNumbers] = field(default_factory=OrderedDict)

    def numbers(self, looking: Looking, box: Region, ctx: JobContext) -> SliceNumbers:
        """The numbers of a box, one slice deep.

        Raises:
            JobCancelled: When asked to stop.
        """
        if box not in self._kept:
            self._kept[box] = looking.slice_numbers(box, ctx.raise_if_cancelled)
        self._kept.move_to_end(box)
        while len(self._kept) > 1 and sum(one.nbytes for one in self._kept.values()) > _MOST_BYTES:
            self._kept.popitem(last=False)
        return self._kept[box]
