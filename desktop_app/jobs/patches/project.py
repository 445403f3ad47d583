"""Patches of an image of a project, as images of that project."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.patches import PatchImage, PatchPlan, PatchSettings
from desktop_app.core.imaging import Plane, Times
from desktop_app.core.job import JobContext, Progress, QuietContext, SubContext
from desktop_app.core.project import Item
from desktop_app.io.images.registry import image_stem
from desktop_app.io.projects import PROJECT_SUFFIX, OpenProject
from desktop_app.jobs.data.import_data import add_labels_to_item
from desktop_app.jobs.data.time_points import wanted_times
from desktop_app.jobs.patches.adding import take_back
from desktop_app.jobs.patches.pick import PickedPatches, pick_patches
from desktop_app.jobs.patches.table import TABLE, PickedPatch, patches_in

_PICKING = 0.7  # share of the progress: labels are cut after the images


@dataclass(frozen=True, slots=True)
class ProjectPatches:
    """What came of picking patches for a project.

    Attributes:
        items: The new images; they are not in the project yet, and their names may be taken there.
        picked: The files.
    """

    items: tuple[Item, ...]
    picked: PickedPatches


def pick_for_project(
    opened: OpenProject, item: Item, settings: PatchSettings, with_labels: bool, ctx: JobContext, *,
    time: Times = None, into: Path | None = None,
) -> ProjectPatches:  # fmt: skip
    """Write patches of an image into a folder below ``datasets`` of the project, all or nothing.

    They overlap with none that were picked earlier.

    Args:
        opened: The project.
        item: The image.
        settings: How many, how large, from where.
        with_labels: Take the saved labels of the image along, of the layer that is edited.
            Patches that lie in slices marked as done are done, too.
        ctx: For progress and cancelling.
        time: The time points of a movie, counted from 0; None: all.
        into: A set of patches to add them to; None begins a new one.

    Raises:
        UserError: If the image cannot be read, all of it is blank, or the disk refuses.
        JobCancelled: If the user stops it; nothing is left behind.
    """
    earlier = tuple(str(folder / TABLE) for folder in opened.datasets() if (folder / TABLE).is_file())
    out = into or opened.new_dataset_folder(f"{item.name} patches")
    items: list[Item] = []
    picked: PickedPatches | None = None
    try:
        sources = _sources(opened, item, with_labels, time)
        model = _model(opened, item) if settings.where == "unsure" else ""
        plan = PatchPlan(
            sources=sources, out=str(out), settings=settings, model=model, earlier=earlier, add=into is not None
        )
        picked = pick_patches(plan, SubContext(ctx, 0.0, _PICKING if with_labels else 1.0))
        for done, patch in enumerate(picked.patches):
            ctx.raise_if_cancelled()
            items.append(Item(name=image_stem(patch.image), image=opened.relative(patch.image)))
            if patch.labels is not None:
                ctx.report(Progress(_PICKING + (1 - _PICKING) * done / len(picked.patches), 1.0, patch.image.name))
                items[-1] = _with_labels(opened, item, items[-1], patch, ctx)
    except BaseException:
        for new in items:
            shutil.rmtree(opened.label_path(new.id), ignore_errors=True)
        if into is None:
            shutil.rmtree(out, ignore_errors=True)
        elif picked is not None:
            files = (path for patch in picked.patches for path in (patch.image, patch.labels) if path is not None)
            take_back(into, files)
        raise
    ctx.report(Progress(1, 1, "All written"))
    return ProjectPatches(tuple(items), picked)


def patch_sets(opened: OpenProject) -> list[Path]:
    """The folders of patches of a project, by name."""
    return sorted((f for f in opened.datasets() if (f / TABLE).is_file()), key=lambda f: f.name.casefold())


def project_around(folder: Path) -> tuple[Path, Path | None] | None:
    """The project whose images are meant by a folder: itself, or a set of patches of its own.

    Returns:
        The project, and the set of patches or None; None outside of projects.
    """
    if folder.name.endswith(PROJECT_SUFFIX):
        return folder, None
    inside = folder.resolve()
    project = inside.parent.parent
    own = inside.parent.name == "datasets" and project.name.endswith(PROJECT_SUFFIX) and (inside / TABLE).is_file()
    return (project, inside) if own else None


def items_of(opened: OpenProject, folder: Path) -> list[tuple[Item, PickedPatch]]:
    """The images of a project that are patches of a folder, in the order of its table.

    Raises:
        UnreadableFileError: If the folder has no table of patches.
    """
    by_path = {opened.image_path(item).resolve(): item for item in opened.project.items}
    found = ((by_path.get(patch.image.resolve()), patch) for patch in patches_in(folder))
    return [(item, patch) for item, patch in found if item is not None]


def _model(opened: OpenProject, item: Item) -> str:
    """The newest model of the project that fits the image.

    Raises:
        UserError: If there is none.
    """
    from desktop_app.jobs.assistants.model import model_of

    return str(model_of("", opened.folder, opened.open_image(item)))


def _sources(opened: OpenProject, item: Item, with_labels: bool, time: Times) -> tuple[PatchImage, ...]:
    """The image, at the time points wanted; each with its own labels, where they are taken along and there are some."""
    volume = opened.open_image(item)
    labelled = opened.labelled_times(item.id, item.edited) if with_labels else []
    return tuple(
        PatchImage(
            image=str(opened.image_path(item)),
            name=item.name,
            labels=str(opened.label_path(item.id, one, item.edited)) if one in labelled else None,
            reading=opened.reading_of(item),
            time=one,
            marks=tuple((mark.z, mark.y, mark.x) for mark in item.bookmarks),
        )
        for one in wanted_times(volume, time)
    )


def _with_labels(opened: OpenProject, item: Item, new: Item, patch: PickedPatch, ctx: JobContext) -> Item:
    assert patch.labels is not None
    labelled = add_labels_to_item(opened, new, patch.labels, QuietContext(ctx)).item
    done = item.all_done or set(_depths(patch)) <= set(item.done_at(patch.time))
    return labelled.model_copy(update={"all_done": done, "status": "done" if done else "in progress"})


def _depths(patch: PickedPatch) -> range:
    """The slices (z) of its image in which the labels of a patch lie that are learned from."""
    region = patch.place.region
    if patch.labelled is not None and patch.place.plane is Plane.XY:
        return range(region.start[0] + patch.labelled, region.start[0] + patch.labelled + 1)
    return range(region.start[0], region.stop[0])
