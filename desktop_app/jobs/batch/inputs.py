"""Which images a batch runs on, and what their results are called."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading
from desktop_app.core.job import JobContext, Note
from desktop_app.core.shown_name import shown_name
from desktop_app.io.datasets.contents import look_into
from desktop_app.io.datasets.two_folders import IMAGE_FOLDERS
from desktop_app.io.file_names import file_name
from desktop_app.io.images.formats import ending_of, label_ending
from desktop_app.io.images.registry import (
    image_kinds,
    image_stem,
    is_image_file,
    no_real_files_words,
    one_per_image,
)

OF_FILE = " · "
"""Between the name of a file and that of one of its images."""


@dataclass(frozen=True, slots=True)
class BatchCase:
    """One image of a batch.

    Attributes:
        index: Row, from 0.
        path: The image.
        stem: Name of its results without ending; unique in the batch.
        labels: The label file to write.
        table: The object table to write.
        reading: How the file is read.
        image: Which image of a file of which several are in the batch; "" elsewhere.
    """

    index: int
    path: Path
    stem: str
    labels: Path
    table: Path
    reading: ImageReading = AS_STATED
    image: str = ""

    @property
    def title(self) -> str:
        """What a person knows the image by: its file, and which image of it where there are several."""
        return shown_name(self.path) + (f"{OF_FILE}{self.image}" if self.image else "")

    def beside(self, suffix: str) -> Path:
        """A further label file, with ``suffix`` at the end of its name."""
        return self.labels.with_name(f"{self.stem}{suffix}{ending_of(self.labels)}")


def list_cases(config: InferenceConfig) -> list[Path]:
    """The images that a batch will run on, in order: files as given, folders in natural order, none twice.

    Of a folder without an image those of the folders inside are taken. Files that make up one image together are one.
    """
    output = _absolute(Path(config.output))
    found: dict[Path, Path] = {}
    for entry in config.inputs:
        path = Path(entry)
        images = [path] if _is_one_image(path, config) else look_into(path).every
        for image in images:
            place = _absolute(image)
            if output not in place.parents and place != output:
                found.setdefault(place, image)
    return one_per_image(found.values())


def _is_one_image(path: Path, config: InferenceConfig) -> bool:
    """Whether an entry is an image by itself: a file, or a folder that is one or is said to be a stack."""
    return not path.is_dir() or is_image_file(path) or config.readings.get(str(path), config.reading).stack


def _tell_of_folder(folder: Path, ctx: JobContext) -> None:
    """Say that it holds no image, or what of it is left out."""
    if not look_into(folder).every:
        ctx.report(Note("warning", f"There is no image in the folder {folder.name}."))
    for text in no_real_files_words([folder]):
        ctx.report(Note("warning", text))


def plan_cases(config: InferenceConfig, ctx: JobContext, further: tuple[str, ...] = ()) -> list[BatchCase]:
    """The images with unique names for their results.

    Args:
        config: The batch.
        ctx: Hears of folders without images, and of what is left out.
        further: Ends of the names of further label files that are written beside each result.

    Raises:
        UserError: If there is no image, or results would fall on images.
    """
    output = Path(config.output)
    if any(_absolute(output) in (_absolute(Path(p)), _absolute(Path(p)).parent) for p in config.inputs):
        raise UserError(
            f"The result folder {output.name} is also a folder of images.", hint="Choose a new folder for the results."
        )
    paths = list_cases(config)
    if not paths:
        places = ", ".join(Path(p).name or p for p in config.inputs) or "the list"
        raise UserError(f"There is no image in {places}.", hint=f"Choose a folder with {image_kinds()} images.")
    for entry in config.inputs:
        if not _is_one_image(Path(entry), config):
            _tell_of_folder(Path(entry), ctx)
    single = [
        (path, reading, image, f"{stem}_{file_name(image)}" if image else stem)
        for path, stem in zip(paths, unique_stems(paths), strict=True)
        for image, reading in _images_of(path, config)
    ]
    cases = []
    stems = apart(_numbered([stem for *_, stem in single]), further)
    for index, ((path, reading, image, _), stem) in enumerate(zip(single, stems, strict=True)):
        labels = output / f"{stem}{label_ending(path)}"
        cases.append(BatchCase(index, path, stem, labels, table_beside(labels), reading, image))
    return cases


def table_beside(labels: Path) -> Path:
    """The object table of a result, by its label file."""
    return labels.with_name(f"{labels.name.removesuffix(ending_of(labels))}_objects.csv")


def _images_of(path: Path, config: InferenceConfig) -> list[tuple[str, ImageReading]]:
    """The images of a file that the batch runs on, with a name each where there are several."""
    readings = list(dict.fromkeys(config.readings_of(str(path))))
    if len(readings) == 1:
        return [("", readings[0])]
    return [(reading.series or str(number), reading) for number, reading in enumerate(readings, start=1)]


def unique_stems(paths: list[Path]) -> list[str]:
    """A name for each image: its own; where several share it with its folder, with all folders in which they differ,
    with its ending, and with a number in the end.

    Folders like ``images`` are left out of several, so that results are named as the images of a data set are.
    """
    plain = [image_stem(p) for p in paths]
    with_folder = [f"{p.parent.name}_{s}" for p, s in zip(paths, plain, strict=True)]
    with_folders = _with_folders(paths, plain)
    with_ending = [f"{f}_{p.name[len(s) :].strip('.')}" for p, s, f in zip(paths, plain, with_folders, strict=True)]
    names = list(plain)
    for longer in (with_folder, with_folders, with_ending):
        counts = Counter(name.casefold() for name in names)
        names = [new if counts[old.casefold()] > 1 else old for old, new in zip(names, longer, strict=True)]
    return _numbered(names)


def _with_folders(paths: Sequence[Path], stems: Sequence[str]) -> list[str]:
    """Names with all folders below the one that all images of that name have in common."""
    places: dict[str, list[Path]] = {}
    for path, stem in zip(paths, stems, strict=True):
        places.setdefault(stem.casefold(), []).append(path.parent)
    names = []
    for path, stem in zip(paths, stems, strict=True):
        common = os.path.commonpath([_absolute(place) for place in places[stem.casefold()]])
        folders = [f for f in _absolute(path.parent).relative_to(common).parts if f.casefold() not in IMAGE_FOLDERS]
        names.append("_".join((*folders, stem)))
    return names


def _numbered(names: Sequence[str]) -> list[str]:
    """The same names, with a number behind those that were there before; case does not tell them apart."""
    taken: set[str] = set()
    apart = []
    for name in names:
        number, candidate = 2, name
        while candidate.casefold() in taken:
            candidate, number = f"{name}_{number}", number + 1
        taken.add(candidate.casefold())
        apart.append(candidate)
    return apart


def apart(stems: list[str], further: tuple[str, ...]) -> list[str]:
    """The same names, but none that a further result of another image would have, as ``cell_xy`` beside ``cell``."""
    taken = {stem.casefold() for stem in stems}
    names = []
    for stem in stems:
        base, mark, ending = stem.rpartition("_")
        clash = mark and f"_{ending.casefold()}" in further and base.casefold() in taken
        names.append(f"{stem}_image" if clash else stem)
    return names


def _absolute(path: Path) -> Path:
    """The place itself, behind all links; links that lead in a circle are left as they are."""
    return Path(os.path.realpath(path.expanduser()))
