"""Run a utility on a file, or on all files of a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume
from desktop_app.core.job import CaseUpdate, JobContext, Note, Progress, SubContext
from desktop_app.core.shown_name import shown_name
from desktop_app.io.atomic import make_place
from desktop_app.io.images.formats import ending_of, format_of, label_ending, with_ending
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import image_stem, is_image_file, list_images, open_volume, write_volume
from desktop_app.jobs.data.watched import watched
from desktop_app.jobs.utilities.base import Made, Utility
from desktop_app.jobs.utilities.blocks import merged
from desktop_app.jobs.utilities.registry import UTILITIES


@dataclass(frozen=True, slots=True)
class UtilityConfig:
    """One utility and what it works on.

    Attributes:
        name: Key of ``UTILITIES``.
        inputs: The file, or a folder of files; several files where the utility takes several.
        out: The file to write; a folder where the input is one, or the utility writes several files.
        settings: Its parameters; those left out have their defaults.
        reading: What the user said of the files.
    """

    name: str
    inputs: tuple[Path, ...]
    out: Path
    settings: dict[str, Any]
    reading: ImageReading = AS_STATED


@dataclass(frozen=True, slots=True)
class UtilityResult:
    """What was written.

    Attributes:
        written: Files, or folders of blocks.
        failed: Name and reason of each input that could not be worked on.
    """

    written: tuple[Path, ...]
    failed: tuple[tuple[str, str], ...] = ()


def utility_named(name: str) -> Utility:
    """A utility by its name.

    Raises:
        UserError: If there is none.
    """
    if name not in UTILITIES:
        raise UserError(f"There is no utility “{name}”.", hint=f"There are {', '.join(UTILITIES)}.")
    return UTILITIES[name]


def run_utility(config: UtilityConfig, ctx: JobContext) -> UtilityResult:
    """Work on a file, or on each file of a folder; one bad file does not stop the others.

    Raises:
        UserError: If the utility or its settings are unknown, or the only file cannot be read or written.
        JobCancelled: When asked to stop; files that are finished stay.
    """
    utility = utility_named(config.name)
    try:
        parameters = utility.parameters.model_validate(config.settings)
    except ValidationError as error:
        raise explain(error, f"“{utility.title}”") from error
    _require_other(config)
    if not _is_folder_of_files(utility, config.inputs):
        return UtilityResult((_on_one(utility, config.inputs, config.out, parameters, config.reading, ctx),))
    paths = list_images(config.inputs[0])
    if not paths:
        raise UserError(f"There are no images in {config.inputs[0].name}.", hint="Choose another folder.")
    written, failed = [], []
    for done, path in enumerate(paths):
        ctx.raise_if_cancelled()
        inner = SubContext(ctx, done / len(paths), 1 / len(paths), f"{path.name}: ")
        ctx.report(CaseUpdate(done, path.name, "running"))
        try:
            out = _out_of(utility, path, config.out)
            written.append(_on_one(utility, (path,), out, parameters, config.reading, inner))
            ctx.report(CaseUpdate(done, path.name, "done", output=str(out)))
        except UserError as error:
            failed.append((path.name, str(error)))
            ctx.report(CaseUpdate(done, path.name, "failed", error=str(error)))
            ctx.report(Note("error", f"{path.name}: {error}"))
    ctx.report(Progress(1, 1, "All done"))
    return UtilityResult(tuple(written), tuple(failed))


def suggested_out(utility: Utility, path: Path) -> Path:
    """Where the result goes if the user does not say otherwise: beside the input, named after both."""
    if path.is_dir() and not is_image_file(path):
        return (
            with_ending(path.parent / f"{path.name}_merged", ".tif")
            if utility.takes == "folder of blocks"
            else (path.parent / f"{path.name}_{utility.name}")
        )
    if utility.make is None:
        return path.parent / f"{image_stem(path)}_blocks"
    return _named(utility, path, path.parent / f"{image_stem(path)}_{utility.name}")


def _is_folder_of_files(utility: Utility, inputs: tuple[Path, ...]) -> bool:
    path = inputs[0]
    return len(inputs) == 1 and utility.takes in ("image", "labels") and path.is_dir() and not is_image_file(path)


def _out_of(utility: Utility, path: Path, folder: Path) -> Path:
    return folder / image_stem(path) if utility.make is None else _named(utility, path, folder / image_stem(path))


def _named(utility: Utility, path: Path, out: Path) -> Path:
    """The result in the format of the input, or of labels for it."""
    form = format_of(path)
    if utility.name in ("crop", "resample") and form is not None and form.write is not None:
        return with_ending(out, ending_of(path))
    return with_ending(out, label_ending(path))


def _on_one(
    utility: Utility, inputs: tuple[Path, ...], out: Path, parameters: Any, reading: ImageReading, ctx: JobContext
) -> Path:
    if utility.takes == "folder of blocks":
        volumes: tuple[Volume, ...] = (merged(inputs[0]),)
    else:
        opens = open_labels if utility.opens_labels else open_volume
        volumes = tuple(opens(path, reading=reading) for path in inputs)
    for volume in volumes:
        for note in volume.notes:
            ctx.report(Note("warning", f"{shown_name(volume.path or volume.name)}: {note}"))
    make_place(out)
    if utility.write is not None:
        utility.write(volumes[0], parameters, out, ctx)
    elif utility.make is not None:
        _write(utility.make(volumes, parameters, ctx), out, f"{utility.title}: {out.name}", ctx)
    ctx.report(Progress(1, 1, f"Written: {out.name}"))
    return out


def _write(made: Made, out: Path, message: str, ctx: JobContext) -> None:
    if made.labels is None:
        volume = watched(made.like, ctx, message)
        write_volume(out, volume.source, volume)
        return
    times, depth = made.like.times, made.like.shape[0]
    with label_writer(out, made.like, all_times=True) as writer:
        for time in range(times):
            for slab, labels in made.labels(time, ctx):
                ctx.raise_if_cancelled()
                writer.write(slab, labels)
                ctx.report(Progress(time * depth + slab.stop[0], times * depth, message))


def _require_other(config: UtilityConfig) -> None:
    if any(config.out.resolve() == path.resolve() for path in config.inputs):
        raise UserError(f"{config.out.name} cannot be written onto itself.", hint="Give another name for the result.")
