"""Make a training folder: ``{train,val,test}/{images,labels}``, split by image where no parts are given."""

from __future__ import annotations

import itertools
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.dataset import DatasetConfig, PairConfig, SplitParameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Times, Volume
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.project.model import Role
from desktop_app.io.atomic import atomic_folder, atomic_path, make_folder, writing
from desktop_app.io.datasets import FoundDataset, PairPlace, recognise
from desktop_app.io.datasets.parts import PART_FOLDERS, PARTS
from desktop_app.io.images.formats import ending_of, label_ending, with_ending
from desktop_app.io.images.label_reader import open_labels_of
from desktop_app.io.images.registry import files_of, open_volume, write_volume
from desktop_app.jobs.data.time_points import wanted_times

_MOST_NAMED = 20  # files in one sentence; the result lists all


@dataclass(frozen=True, slots=True)
class PrepareConfig:
    """What to take, and how to split it.

    Attributes:
        source: A folder in any known layout of images and labels.
        out: The folder to make; it must be empty or absent.
        train: Share of the images to learn from; shares are relative to their sum.
        validation: Share to watch the learning with.
        test: Share for the final test.
        seed: The same seed gives the same split.
        reading: What the user said of the images; those are written anew then, so that the copies say it themselves.
        time: The time points of movies, counted from 0, which alone are written then; None: movies are copied whole.
    """

    source: Path
    out: Path
    train: float = 0.7
    validation: float = 0.15
    test: float = 0.15
    seed: int = 1
    reading: ImageReading = AS_STATED
    time: Times = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was written.

    Attributes:
        out: The folder.
        parts: Number of pairs per part, by folder name.
        failed: Pairs that could not be copied, as ``(name, reason)``.
        left_out: Images without labels and labels without an image.
    """

    out: Path
    parts: dict[str, int]
    failed: tuple[tuple[str, str], ...]
    left_out: tuple[Path, ...] = ()


def prepare_dataset(config: PrepareConfig, ctx: JobContext) -> Prepared:
    """Copy pairs of images and labels into one folder per part; files are copied, never changed.

    Pairs that lie in a part already (``train``, ``val``, ``test``) stay in it; the shares are for the others.

    Raises:
        UserError: If there are no pairs, the shares make no sense, the target is not empty or cannot be made.
    """
    _require_usable(config)
    found = recognise(config.source)
    if found is None:
        raise UserError(
            f"No pairs of images and labels were found in {config.source.name}.",
            hint="Put images into a folder “images” and their labels, under the same names, into “labels”.",
        )
    with writing(config.out):
        config.out.mkdir(parents=True, exist_ok=True)
    for sentence in _remarks(found):
        ctx.report(Note("warning", sentence))
    roles = _roles(found.pairs, config)
    names = _free_names([pair.name for pair in found.pairs])
    counts: Counter[str] = Counter()
    failed: list[tuple[str, str]] = []
    for done, (pair, role, name) in enumerate(zip(found.pairs, roles, names, strict=True)):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(names), f"Copying {pair.name}"))
        try:
            _copy_pair(pair, *PARTS.place(config.out, PairPlace(name, role)), config)
        except UserError as error:
            failed.append((pair.name, str(error)))
            ctx.report(Note("error", f"{pair.name}: {error}"))
        else:
            counts[PART_FOLDERS[role]] += 1
    ctx.report(Progress(len(names), len(names), "All copied"))
    parts = {name: counts[name] for name in PART_FOLDERS.values()}
    return Prepared(config.out, parts, tuple(failed), found.unmatched)


def _require_usable(config: PrepareConfig) -> None:
    if min(config.train, config.validation, config.test) < 0 or config.train <= 0:
        raise UserError("The share for training must be above 0, and no share below 0.")
    if config.out.exists() and (not config.out.is_dir() or any(config.out.iterdir())):
        raise UserError(f"{config.out.name} is not empty.", hint="Give a new folder, so that nothing gets mixed.")


def _remarks(found: FoundDataset) -> Iterator[str]:
    """What is left out, and which parts were given."""
    if found.unmatched:
        names = [path.relative_to(found.folder).as_posix() for path in found.unmatched]
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        yield f"Left out, because nothing fits the name: {', '.join(names[:_MOST_NAMED])}{more}."
    if any(pair.mask is not None for pair in found.pairs):
        yield "The masks beside the labels (CM) are not copied: learn from the original folder to leave voxels out."
    given = Counter(PART_FOLDERS[pair.role] for pair in found.pairs if pair.role in PART_FOLDERS)
    if given:
        counts = ", ".join(f"{given[name]} in {name}" for name in PART_FOLDERS.values() if given[name])
        yield f"The folder says who belongs to which part ({counts}); that is kept."


def _roles(pairs: Sequence[PairConfig], config: PrepareConfig) -> Sequence[Role]:
    """The part of each pair: the one that it has, or one by the shares and the seed."""
    from desktop_app.ml.data.split import holds_labels, split_by_image

    total = config.train + config.validation + config.test
    split = SplitParameters(validation=config.validation / total, test=config.test / total, seed=config.seed)
    return split_by_image(pairs, split, lambda pair: holds_labels(pair, DatasetConfig()))


def _free_names(names: Sequence[str]) -> list[str]:
    """File names for pairs, no two alike on any system: ``day/1`` is ``day_1``, and ``day_1_2`` where there is one.

    Systems differ in whether capitals and the ways to write an accent make a difference.
    """
    taken: set[str] = set()
    free = []
    for name in names:
        plain = name.replace("/", "_").replace("\\", "_")
        candidates = itertools.chain([plain], (f"{plain}_{number}" for number in itertools.count(2)))
        chosen = next(c for c in candidates if unicodedata.normalize("NFC", c).casefold() not in taken)
        taken.add(unicodedata.normalize("NFC", chosen).casefold())
        free.append(chosen)
    return free


def _copy_pair(pair: PairConfig, image_target: Path, labels_target: Path, config: PrepareConfig) -> None:
    """Copy an image and its labels to paths without ending.

    Labels that are a folder beside an image that is a file are written in the image's format.
    """
    image, labels = Path(pair.image), pair.label_path
    picture = open_volume(image, reading=config.reading)
    truth = open_labels_of(labels, picture)
    if config.time is not None and picture.times > 1:
        times = wanted_times(picture, config.time)
        truth = truth.at_times([min(time, truth.times - 1) for time in times])
        picture = picture.at_times(times)
    for target in (image_target, labels_target):
        make_folder(target.parent)
    anew = picture.reading != AS_STATED or config.time is not None
    _copy(picture, image, with_ending(image_target, ending_of(image)), anew=anew)
    if labels.is_dir() and not image.is_dir():
        write_volume(with_ending(labels_target, label_ending(image)), truth.source, truth)
    else:
        anew = truth.reading != AS_STATED or config.time is not None
        _copy(truth, labels, with_ending(labels_target, ending_of(labels)), anew=anew)


def _copy(volume: Volume, source: Path, target: Path, *, anew: bool) -> None:
    """Copy a file or folder as it is, unless it is written ``anew``; an image of several files becomes one."""
    if anew or len(files_of(source)) > 1:
        write_volume(target, volume.source, volume)
    elif source.is_dir():
        with writing(target), atomic_folder(target) as temporary:
            shutil.copytree(source, temporary, dirs_exist_ok=True)
    else:
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
