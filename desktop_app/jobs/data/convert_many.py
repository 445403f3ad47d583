"""Write many images in another format, and know before what each would lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Times, Volume
from desktop_app.core.job import CaseUpdate, JobContext, Note, Progress, SubContext
from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.registry import losses, open_volume, refusal_to_write
from desktop_app.jobs.batch.inputs import unique_stems
from desktop_app.jobs.data.convert import convert_image
from desktop_app.jobs.data.time_points import of_times


@dataclass(frozen=True, slots=True)
class ImageToConvert:
    """An image to be written in another format.

    Attributes:
        path: Its file.
        name: Of the new file, without ending; "" takes that of its file.
        reading: What the user said of it.
        time: Its time points that are written, counted from 0; None: all.
    """

    path: Path
    name: str = ""
    reading: ImageReading = AS_STATED
    time: Times = None

    def opened(self) -> Volume:
        """The image with the time points that are written.

        Raises:
            UserError: If it cannot be opened, or has no such time points.
        """
        return of_times(open_volume(self.path, reading=self.reading), self.time)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would become of an image.

    Attributes:
        image: The image.
        problem: Why it cannot be opened; "" where it can.
        nbytes: Bytes of its voxels.
        lost: By ending, sentences on what the format does not keep.
        refused: By ending, why the format cannot hold it.
    """

    image: ImageToConvert
    problem: str = ""
    nbytes: int = 0
    lost: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is to be converted.

    Attributes:
        images: The images.
        folder: Where the new files go.
        ending: Of the new files, which names the format.
        flavour: Another way to write it; "": the usual one.
        pyramid: Whether large images are written in smaller resolutions, too; None: where the format has them.
    """

    images: tuple[ImageToConvert, ...]
    folder: Path
    ending: str
    flavour: str = ""
    pyramid: bool | None = None

    @property
    def targets(self) -> tuple[Path, ...]:
        """The file for each image; no two are the same."""
        stems = unique_stems([image.path for image in self.images])
        plain = [image.name or stem for image, stem in zip(self.images, stems, strict=True)]
        taken: set[str] = set()
        names = []
        for name in plain:
            number, candidate = 2, name
            while candidate.casefold() in taken:
                candidate, number = f"{name}_{number}", number + 1
            taken.add(candidate.casefold())
            names.append(candidate)
        return tuple(self.folder / f"{name}{self.ending}" for name in names)


@dataclass(frozen=True, slots=True)
class Converted:
    """What came of it.

    Attributes:
        written: New files.
        kept: Files that were there from before and hold the same image.
        failed: (name of the image, why).
    """

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    failed: tuple[tuple[str, str], ...]


def look_at_images(images: Sequence[ImageToConvert], endings: Sequence[str], ctx: JobContext) -> tuple[Prospect, ...]:
    """What each image would lose in each format; nothing is written.

    Args:
        images: To be converted.
        endings: Of the formats.
        ctx: For progress and cancelling.
    """
    found = []
    for number, image in enumerate(images):
        ctx.raise_if_cancelled()
        ctx.report(Progress(number, len(images), f"Looking at {shown_name(image.path)}"))
        try:
            volume = image.opened()
        except UserError as error:
            found.append(Prospect(image, problem=str(error)))
            continue
        places = {ending: Path(f"a{ending}") for ending in endings}
        lost = {ending: losses(place, volume) for ending, place in places.items()}
        refused = {ending: why for ending, place in places.items() if (why := refusal_to_write(place, volume))}
        found.append(Prospect(image, "", volume.nbytes * volume.times, lost, refused))
    ctx.report(Progress(len(images), len(images)))
    return tuple(found)


def convert_many(conversion: Conversion, ctx: JobContext) -> Converted:
    """Write images in another format, one after the other; each file appears whole.

    What fails is told, and the others go on. A file that is there and holds the same image is kept: so what was stopped
    goes on where it was.

    Args:
        conversion: What, where to and how.
        ctx: For progress and cancelling.

    Raises:
        JobCancelled: If the user stops it; the files written until then stay.
    """
    written, kept, failed = list[Path](), list[Path](), list[tuple[str, str]]()
    count = len(conversion.images)
    for number, (image, target) in enumerate(zip(conversion.images, conversion.targets, strict=True)):
        ctx.raise_if_cancelled()
        name = shown_name(image.path)
        inner = SubContext(ctx, number / count, 1 / count, f"Image {number + 1} of {count}")
        try:
            if _is_there(image, target):
                kept.append(target)
                ctx.report(Note("info", f"{target.name} is there already."))
            else:
                _convert(image, target, conversion, inner)
                written.append(target)
        except UserError as error:
            failed.append((name, str(error)))
            ctx.report(CaseUpdate(number, name, "failed", error=str(error)))
            continue
        ctx.report(CaseUpdate(number, name, "done", output=str(target)))
    ctx.report(Progress(count, count, "Converted"))
    return Converted(tuple(written), tuple(kept), tuple(failed))


def _convert(image: ImageToConvert, target: Path, how: Conversion, ctx: JobContext) -> None:
    convert_image(
        image.path, target, ctx, reading=image.reading, time=image.time, flavour=how.flavour, pyramid=how.pyramid
    )


def _is_there(image: ImageToConvert, target: Path) -> bool:
    """Whether the new file is there from before.

    Raises:
        UserError: If there is one of that name which holds another image; it is not written over.
    """
    if not target.exists():
        return False
    if target.resolve() == image.path.resolve():
        raise UserError(f"{target.name} has this format already.", hint="Choose another folder or format.")
    wanted = _facts(image.opened())
    try:
        same = _facts(open_volume(target)) == wanted
    except UserError:
        same = False
    if not same:
        raise UserError(
            f"There is another file {target.name} in that folder.", hint="Choose another folder, or move the file away."
        )
    return True


def _facts(volume: Volume) -> tuple[object, ...]:
    return volume.shape, volume.channels, volume.times, volume.dtype
