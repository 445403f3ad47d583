"""Images with labels in folders outside a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.io.datasets import as_pairs, find_pairs, images_in_folder, recognise, unlabelled_words
from desktop_app.io.images.registry import image_stem
from desktop_app.jobs.data.specimens import with_specimens

_TOLD = 3  # names in a sentence


@dataclass(frozen=True, slots=True)
class FolderPairs:
    """What was found.

    Attributes:
        pairs: Images with their labels.
        alone: Images without labels, and labels without an image.
        by_order_possible: Whether those could be paired in sorted order, if the user agrees.
        unlabelled: Images of a part whose folder of labels is not there.
    """

    pairs: tuple[PairConfig, ...] = ()
    alone: tuple[Path, ...] = ()
    by_order_possible: bool = False
    unlabelled: tuple[Path, ...] = ()

    def describe_alone(self) -> str:
        """What is left out, in a sentence or two; empty if nothing is."""
        return " ".join(filter(None, (self._describe_unmatched(), unlabelled_words(self.unlabelled))))

    def _describe_unmatched(self) -> str:
        if not self.alone:
            return ""
        names = ", ".join(path.name for path in self.alone[:_TOLD])
        more = f" and {len(self.alone) - _TOLD} more" if len(self.alone) > _TOLD else ""
        return f"Left out, because nothing fits their names: {names}{more}."


def pairs_in_folders(
    images: Path, labels: Path | None, *, by_order: bool = False, needs_labels: bool = True
) -> FolderPairs:
    """Pairs in a folder of a known layout, or in two folders.

    Args:
        images: A folder that holds all, or one of images only.
        labels: The folder of their labels; None if ``images`` holds all.
        by_order: Pair what is left in sorted order.
        needs_labels: Images without labels are left out; else they are taken, too.

    Raises:
        UnreadableFileError: If a folder is missing or may not be read.
    """
    if labels is None and not needs_labels:
        return FolderPairs(with_specimens(images_in_folder(images)))
    if labels is None:
        layout = recognise(images)
        if layout is None:
            return FolderPairs()
        return FolderPairs(with_specimens(layout.pairs), layout.unmatched, unlabelled=layout.unlabelled)
    result = find_pairs(images, labels)
    if by_order:
        result = result.paired_by_order()
    if not needs_labels:
        bare = (PairConfig(name=image_stem(image), image=str(image)) for image in result.unmatched_images)
        return FolderPairs(with_specimens((*as_pairs(result), *bare)), result.unmatched_labels)
    alone = (*result.unmatched_images, *result.unmatched_labels)
    return FolderPairs(with_specimens(as_pairs(result)), alone, result.by_order_possible)
