"""Labels for many images of a project at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.job import CaseUpdate, JobContext, Progress
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project import Item
from desktop_app.io.datasets import recognise
from desktop_app.io.datasets.names import PairingResult, match
from desktop_app.io.datasets.pairing import label_files
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.data.import_data import add_labels_to_item


@dataclass(frozen=True, slots=True)
class ImportedMany:
    """What came of importing labels for many images.

    Attributes:
        values: The class numbers found in all files; empty where the labels hold objects.
        failed: (name of the image, why) of those whose old labels have stayed.
    """

    values: tuple[int, ...]
    failed: tuple[tuple[str, str], ...]


def labels_for(opened: OpenProject, items: Sequence[Item], folder: Path) -> PairingResult:
    """Which label file of a folder belongs to which image, by the names that a training goes by, too.

    Label files may stand in a folder of their own, beside their images, or with them in a data set.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    known = {opened.image_path(item) for item in opened.project.items}
    images = [opened.image_path(item) for item in items]
    data = recognise(folder)
    labels = {Path(pair.image).absolute(): pair.label_path for pair in data.pairs if pair.labels} if data else {}
    told = [(image, labels[image.absolute()]) for image in images if image.absolute() in labels]
    taken = {image for image, _ in told}
    files = [path for path in label_files(folder) if path.absolute() not in known and path not in labels.values()]
    found = match([image for image in images if image not in taken], files)
    return PairingResult((*told, *found.pairs), found.unmatched_images, found.unmatched_labels)


def import_many(
    opened: OpenProject, pairs: Iterable[tuple[Item, Path]], ctx: JobContext, scheme: LabelScheme | None = None
) -> ImportedMany:
    """Replace the labels of images by those of files, one after the other.

    What fails keeps its old labels, and the others go on. Each image that has its labels is reported as a
    ``CaseUpdate`` in the state ``done`` whose ``name`` is the id of the image and whose ``output`` the label file.

    Args:
        opened: The project; none of the images may be open for editing meanwhile.
        pairs: Images and their label files.
        ctx: For progress and cancelling.
        scheme: What the numbers mean; that of the project by default.

    Raises:
        JobCancelled: If the user stops it; the images reported until then have their labels.
    """
    every = list(pairs)
    values: set[int] = set()
    failed = []
    for index, (item, source) in enumerate(every):
        ctx.raise_if_cancelled()
        ctx.report(Progress(index, len(every), f"Labels of {item.name}"))
        try:
            added = add_labels_to_item(opened, item, source, ctx, scheme)
        except UserError as error:
            failed.append((item.name, str(error)))
            ctx.report(CaseUpdate(index, item.id, "failed", error=str(error)))
            continue
        values.update(added.values)
        ctx.report(CaseUpdate(index, item.id, "done", output=str(source)))
    ctx.report(Progress(len(every), len(every), "Labels imported"))
    return ImportedMany(tuple(sorted(values)), tuple(failed))
