"""What a run keeps of its images, when these are where it did not know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from desktop_app.core.config.dataset import EXCLUDED, PairConfig
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.images.masked_labels import open_masked_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.ml.data.split import KeptSplit, load_split, pair_states
from desktop_app.ml.training.plan import SPLIT_FILE

_SAME = "Choose the folder that holds the same images."


def note_moved(run: Path, before: Sequence[PairConfig], now: Sequence[PairConfig]) -> None:
    """Keep to the split of a run with images that lie elsewhere now; copies with a new date are no changed images.

    Args:
        run: The run folder; also the parts of a cross-validation keep a split.
        before: The pairs as the run knew them.
        now: The same pairs where they are now.

    Raises:
        UserError: If an image has another size than the one that the run learned from, or than its labels, which tell
            the size where the run did not keep it; nothing is changed then.
    """
    moved = [old != new for old, new in zip(before, now, strict=True)]
    files = [path for path in run.rglob(SPLIT_FILE) if path.is_file()]
    splits = {path: kept for path in files if (kept := load_split(path, before)) is not None}
    for kept in splits.values():
        _require_same(kept, now, moved)
    for pair in (pair for pair, is_moved in zip(now, moved, strict=True) if is_moved and pair.role != "unused"):
        _require_fitting(pair)
    states = pair_states(now)
    for path, kept in splits.items():
        new = (state if is_moved else old for state, old, is_moved in zip(states, kept.states, moved, strict=True))
        replace(kept, states=tuple(new)).save(path)


def _require_same(kept: KeptSplit, pairs: Sequence[PairConfig], moved: Sequence[bool]) -> None:
    for pair, shape, is_moved in zip(pairs, kept.shapes, moved, strict=False):  # earlier versions kept no sizes
        if shape is None or not is_moved:
            continue
        found = open_volume(Path(pair.image), reading=pair.reading).shape
        if found != shape:
            now, then = (" × ".join(map(str, size)) for size in (found, shape))
            raise UserError(
                f"{Path(pair.image).name} is not the image that the training learned from: it has {now} voxels "
                f"(z, y, x), that one had {then}.",
                hint=_SAME,
            )


def _require_fitting(pair: PairConfig) -> None:
    """An image must be as large as its labels and its mask, even where only one of them was moved."""
    if pair.labels is not None:
        image, mask = (
            open_volume(Path(pair.image), reading=pair.reading),
            None if pair.mask is None else Path(pair.mask),
        )
        try:
            open_masked_labels(Path(pair.labels), image, mask, EXCLUDED)
        except UnreadableFileError:
            raise
        except UserError as error:
            raise UserError(error.message, hint=_SAME) from error
