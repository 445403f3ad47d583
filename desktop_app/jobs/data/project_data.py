"""The labelled images of a project as training pairs."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project import Item
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.io.projects import OpenProject
from desktop_app.io.projects.flipbooks import flipbooks_of
from desktop_app.jobs.data.specimens import with_specimens


def labelled_items(opened: OpenProject, layer: str | None = None) -> list[Item]:
    """The images that were labelled, in the order of the project.

    Opening an image makes an empty label file, so a file alone does not count; other layers than the first are made
    only where somebody wants them.

    Args:
        opened: The project.
        layer: Name of the label layer; None: the first of each image.
    """
    return [item for item in opened.project.items if _is_labelled(opened, item, _key(item, layer))]


def layer_names(opened: OpenProject) -> list[str]:
    """The names of all label layers of a project, those of its first image first."""
    return list(dict.fromkeys(name for item in opened.project.items for name in item.label_layers.values()))


def _key(item: Item, layer: str | None) -> str | None:
    return FIRST_LAYER if layer is None else item.layer_named(layer)


def _is_labelled(opened: OpenProject, item: Item, key: str | None) -> bool:
    if key is None or not opened.labelled_times(item.id, key):
        return False
    return key != FIRST_LAYER or item.status != "new" or item.imported_labels is not None or is_marked(item)


def is_marked(item: Item) -> bool:
    """Whether the user has marked at least one slice as done."""
    return item.all_done or item.done_count > 0


def has_marked(opened: OpenProject, layer: str | None = None, within: Path | None = None) -> bool:
    """Whether some labelled image has a slice marked as done; of those in a folder alone, where one is given."""
    items = labelled_items(opened, layer)
    return any(is_marked(item) for item in items if within is None or lies_within(opened, item, within))


def lies_within(opened: OpenProject, item: Item, folder: Path) -> bool:
    """Whether the file of an image lies in a folder or below it."""
    return opened.image_path(item).resolve().is_relative_to(folder.resolve())


def project_pairs(
    opened: OpenProject, *, marked_only: bool, needs_labels: bool = True, layer: str | None = None,
    within: Path | None = None, specimens: bool = True,
) -> tuple[PairConfig, ...]:  # fmt: skip
    """One pair per image to learn from, of a labelled movie per labelled time point.

    Args:
        opened: The project.
        marked_only: Take only slices marked as done; otherwise whole images. Says nothing where no labels are needed.
        needs_labels: Take labelled images only; otherwise all, with their labels where they have some.
        layer: Name of the label layer; None: the first of each image. Slices are marked for all layers alike.
        within: Take only images whose files lie in this folder, such as a set of patches; None: all.
        specimens: Read what the files say of the specimens; else ``with_specimens`` does so later, as a window does in
            a job.
    """
    pairs, labelled = [], {item.id for item in labelled_items(opened, layer)}
    flipbooks = flipbooks_of(opened)
    marked_only = marked_only and needs_labels
    for item in opened.project.items:
        if needs_labels and item.id not in labelled:
            continue
        if within is not None and not lies_within(opened, item, within):
            continue
        if marked_only and not is_marked(item):
            continue
        if item.id in labelled:
            key = _key(item, layer) or FIRST_LAYER
            chosen = flipbooks.get(opened.image_path(item).resolve())
            pairs += _pairs_of(opened, item, key, chosen, partly=marked_only and not item.all_done)
        else:
            pairs.append(
                PairConfig(
                    name=item.name,
                    image=str(opened.image_path(item)),
                    role=item.role,
                    reading=opened.reading_of(item),
                )
            )
    return with_specimens(pairs) if specimens else tuple(pairs)


def _pairs_of(opened: OpenProject, item: Item, key: str, flipbook: int | None, *, partly: bool) -> list[PairConfig]:
    """A pair for each time point that has labels; where ``partly``, for those with marked slices, and these alone.

    Of a flipbook, the slice that is labelled and those marked as done.
    """
    times = [t for t in opened.labelled_times(item.id, key) if not partly or item.done_at(t)]
    several = len(times) > 1 or times != [0]
    return [
        PairConfig(
            name=f"{item.name}, time point {time + 1}" if several else item.name,
            image=str(opened.image_path(item)),
            labels=str(opened.label_path(item.id, time, key)),
            slices=_slices(item, time, flipbook, partly=partly),
            role=item.role,
            reading=opened.reading_of(item),
            time=time,
            group=item.name if several else "",
        )
        for time in times
    ]


def _slices(item: Item, time: int, flipbook: int | None, *, partly: bool) -> tuple[int, ...] | None:
    """The slices (z) to learn from at a time point; None: all."""
    if partly:
        return item.done_at(time)
    return None if flipbook is None else tuple(sorted({flipbook, *item.done_at(time)}))


def stuff_names(scheme: LabelScheme) -> tuple[str, ...]:
    """Names of the classes that are regions rather than objects."""
    return tuple(c.name for c in scheme.classes if c.kind == "stuff") if scheme.kind == "classes" else ()


def dataset_for_scheme(scheme: LabelScheme) -> DatasetConfig:
    """A dataset without pairs whose labels mean what ``scheme`` says."""
    if scheme.kind == "objects":
        first = min(scheme.classes, key=lambda c: c.value)
        return DatasetConfig(
            kind="objects",
            class_values=(1,),
            class_names=(first.name,),
            unlabelled=None if scheme.zero_is_background else 0,
            background=scheme.background,
        )
    ordered = sorted(scheme.classes, key=lambda c: c.value)
    background = scheme.background
    learned = [c for c in ordered if c.value != background]
    return DatasetConfig(
        kind="classes",
        class_values=tuple(c.value for c in learned),
        class_names=tuple(c.name for c in learned),
        unlabelled=None if scheme.zero_is_background else 0,
        background=background,
    )
