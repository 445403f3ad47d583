"""More patches for a set of patches that is there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import get_args

from desktop_app.core.config.patches import PatchLayout, PatchPlan
from desktop_app.core.errors import UserError
from desktop_app.io.atomic import make_folder, temporary_folder, writing
from desktop_app.io.datasets import PairPlace, recognise
from desktop_app.io.datasets.layouts import LAYOUTS
from desktop_app.io.tables import read_csv
from desktop_app.jobs.patches.table import TABLE, join_tables, leave_out


def plan_of_adding(plan: PatchPlan) -> PatchPlan:
    """A plan with what the patches that are there say: their layout, and where there are some already.

    Raises:
        UserError: If patches cannot be added to its folder.
    """
    out = Path(plan.out)
    if not out.is_dir():
        raise UserError(f"There is no folder {out.name} to add patches to.", hint="Leave --add out to begin one.")
    settings = plan.settings.model_copy(update={"layout": layout_of(out)})
    tables = (*plan.earlier, *([str(out / TABLE)] if (out / TABLE).is_file() else []))
    return plan.model_copy(update={"settings": settings, "earlier": tuple(dict.fromkeys(tables))})


def take_back(folder: Path, patches: Iterable[Path]) -> None:
    """Remove patches from a folder to which they were added."""
    gone = set(patches)
    with suppress(UserError):
        leave_out(folder, gone)
    for path in gone:
        with suppress(OSError):
            path.unlink()


def layout_of(folder: Path) -> PatchLayout:
    """How the images and labels of a set of patches, or of another data set, lie.

    Raises:
        UserError: If patches cannot be added to them.
    """
    known: tuple[PatchLayout, ...] = get_args(PatchLayout)
    for row in read_csv(folder / TABLE) if (folder / TABLE).is_file() else ():
        file = Path(row.get("file", ""))
        for name in known:
            place = PairPlace(file.name, group=file.parts[0] if file.parts else "")
            if LAYOUTS[name].place(folder, place)[0] == folder / file:
                return name
    found = recognise(folder)
    for name in known:
        if found is not None and found.layout.name == name:
            return name
    raise UserError(
        f"Patches cannot be added to {folder.name}: images and labels lie in it in another way than patches do.",
        hint="Give a new folder, or one that patches were picked into.",
    )


@contextmanager
def added_folder(folder: Path) -> Iterator[Path]:
    """A new temporary folder whose files move into ``folder`` at the end: all of them, or none on error.

    Raises:
        UnwritableFileError: If the system refuses.
    """
    moved: list[Path] = []
    with writing(folder), temporary_folder(folder) as new:
        yield new
        try:
            for file in sorted(path for path in new.rglob("*") if path.is_file() and path != new / TABLE):
                target = folder / file.relative_to(new)
                make_folder(target.parent)
                file.replace(target)
                moved.append(target)
            join_tables(folder / TABLE, new / TABLE)
        except BaseException:
            for target in moved:
                with suppress(OSError):
                    target.unlink()
            raise
