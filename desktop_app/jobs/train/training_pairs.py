"""Images to learn from in a folder or a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.several_datasets import PairSource
from desktop_app.core.errors import UserError
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project.model import Role
from desktop_app.io.datasets import images_in_folder, pairs_in_folder
from desktop_app.io.datasets.dead_links import pairs_hint
from desktop_app.io.projects import PROJECT_SUFFIX, open_project
from desktop_app.jobs.data.project_data import has_marked, project_pairs
from desktop_app.jobs.data.specimens import with_specimens
from desktop_app.jobs.patches.project import project_around


def source_in(folder: Path, weight: float = 1.0, role: Role | None = None, *, needs_labels: bool = True) -> PairSource:
    """A data set or a project as one of several to learn from.

    Args:
        folder: A folder in a known layout, a project, or a set of patches of a project, whose labels lie in that.
        weight: How often an image of it is drawn.
        role: What its images are used for; None: as it says, or as the split decides.
        needs_labels: Images without labels are left out; else they are taken, too.

    Raises:
        UserError: If there are none, or the folder cannot be read.
    """
    pairs, scheme = _pairs_of(folder, needs_labels=needs_labels)
    name = folder.resolve().name.removesuffix(PROJECT_SUFFIX)
    return PairSource(name, pairs, weight, role, scheme if needs_labels else None)


def require_apart(sources: Sequence[PairSource]) -> None:
    """Refuse an image that comes from two data sets: it would be learned from and checked with at once, or count twice.

    Raises:
        UserError: Naming the image and both.
    """
    known: dict[tuple[Path, int | None], PairSource] = {}
    for source in sources:
        own = {(Path(pair.image).resolve(), pair.time): pair for pair in source.pairs}
        for key, pair in own.items():
            if (other := known.get(key)) is None:
                continue
            checks = "validation" in (source.role, other.role)
            why = "what a model learns from cannot check it" if checks else "it would count twice"
            named = source.name if source.name == other.name else f"{other.name} and {source.name}"
            raise UserError(
                f"{pair.name} is given twice ({named}): {why}.",
                hint="Choose another folder for one of the two." if checks else "Leave one of the two out.",
            )
        known |= dict.fromkeys(own, source)


def _pairs_of(folder: Path, *, needs_labels: bool) -> tuple[tuple[PairConfig, ...], LabelScheme | None]:
    """Images with their labels, of a project with marked slices these alone; and what the labels of a project mean."""
    project, scheme = project_around(folder), None
    if project is not None:
        with open_project(project[0]) as opened:
            marked = has_marked(opened, within=project[1])
            pairs = project_pairs(opened, marked_only=marked, needs_labels=needs_labels, within=project[1])
            scheme = opened.project.scheme
    else:
        pairs = with_specimens(pairs_in_folder(folder) if needs_labels else images_in_folder(folder))
    if not pairs:
        raise UserError(
            f"No pairs of images and labels were found in {folder.name}.",
            hint=pairs_hint(folder),
        )
    return pairs, scheme
