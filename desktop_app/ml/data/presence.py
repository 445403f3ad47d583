"""Whether anything is labelled in an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.io.images.label_reader import open_labels

_PROBE_SLICES = 32  # looked at to know whether labels are there at all


def holds_labels(pair: PairConfig, dataset: DatasetConfig) -> bool:
    """Whether some slice that counts has labels; at most 32 slices, evenly spread, are looked at.

    Files that cannot be read hold nothing, as do images without labels.
    """
    if pair.labels is None:
        return False
    try:
        labels = open_labels(Path(pair.labels))
        depth, *plane = labels.shape
        counting = np.array([z for z in (range(depth) if pair.slices is None else pair.slices) if z < depth], int)
        some = np.unique(np.linspace(0, counting.size - 1, min(counting.size, _PROBE_SLICES)).round().astype(int))
        for z in counting[some].tolist():
            values = labels.read(Region((z, 0, 0), (z + 1, *plane)))
            if bool(((values > 0) if dataset.unlabelled is None else (values != dataset.unlabelled)).any()):
                return True
    except UserError:
        return False
    return False
