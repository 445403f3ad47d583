"""Make a training folder: ``{train,val,test}/{images,labels}``, split by image."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.dataset import DatasetConfig, PairConfig, SplitParameters
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.io.atomic import atomic_folder, atomic_path, writing
from desktop_app.io.datasets import pairs_in_folder
from desktop_app.io.images.formats import ending_of, label_ending
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume, write_volume

FOLDERS = {"train": "train", "validation": "val", "test": "test"}


@dataclass(frozen=True, slots=True)
class PrepareConfig:
    """What to take, and how to share it out.

    Attributes:
        source: A folder in any known layout of images and labels.
        out: The folder to make; it must be empty or absent.
        train: Share of the images to learn from; shares are relative to their sum.
        validation: Share to watch the learning with.
        test: Share for the final test.
        seed: The same seed gives the same split.
    """

    source: Path
    out: Path
    train: float = 0.7
    validation: float = 0.15
    test: float = 0.15
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was written.

    Attributes:
        out: The folder.
        parts: Number of pairs per part, by folder name.
        failed: Pairs left out, as ``(name, reason)``.
    """

    out: Path
    parts: dict[str, int]
    failed: tuple[tuple[str, str], ...]


def prepare_dataset(config: PrepareConfig, ctx: JobContext) -> Prepared:
    """Copy pairs of images and labels into one folder per part; files are copied, never changed.

    Raises:
        UserError: If there are no pairs, the shares make no sense, the target is not empty or cannot be made.
    """
    from desktop_app.ml.data.presence import holds_labels
    from desktop_app.ml.data.split import split_by_image

    total = config.train + config.validation + config.test
    if min(config.train, config.validation, config.test) < 0 or config.train <= 0:
        raise UserError("The share for training must be above 0, and no share below 0.")
    if config.out.exists() and (not config.out.is_dir() or any(config.out.iterdir())):
        raise UserError(f"{config.out.name} is not empty.", hint="Give a new folder, so that nothing gets mixed.")
    pairs = pairs_in_folder(config.source)
    if not pairs:
        raise UserError(
            f"No pairs of images and labels were found in {config.source.name}.",
            hint="Put images into a folder “images” and their labels, under the same names, into “labels”.",
        )
    with writing(config.out):
        config.out.mkdir(parents=True, exist_ok=True)
    split = SplitParameters(validation=config.validation / total, test=config.test / total, seed=config.seed)
    free = [pair.model_copy(update={"role": "auto"}) for pair in pairs]
    parts = split_by_image(free, split, lambda pair: holds_labels(pair, DatasetConfig()))
    counts: Counter[str] = Counter()
    failed: list[tuple[str, str]] = []
    for done, (pair, part) in enumerate(zip(pairs, parts, strict=True)):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(pairs), f"Copying {pair.name}"))
        try:
            _copy_pair(pair, config.out / FOLDERS[part])
        except UserError as error:
            failed.append((pair.name, str(error)))
            ctx.report(Note("error", f"{pair.name}: {error}"))
        else:
            counts[FOLDERS[part]] += 1
    ctx.report(Progress(len(pairs), len(pairs), "All copied"))
    return Prepared(config.out, {name: counts[name] for name in FOLDERS.values()}, tuple(failed))


def _copy_pair(pair: PairConfig, folder: Path) -> None:
    image, labels = Path(pair.image), Path(pair.labels)
    opened = open_labels(labels)
    require_same_shape(open_volume(image), opened)
    name = pair.name.replace("/", "_").replace("\\", "_")
    _copy(image, folder / "images" / (name + ending_of(image)))
    if labels.is_dir() and not image.is_dir():
        write_volume(folder / "labels" / (name + label_ending(image)), opened.source, opened)
    else:
        _copy(labels, folder / "labels" / (name + ending_of(labels)))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        with writing(target), atomic_folder(target) as temporary:
            shutil.copytree(source, temporary, dirs_exist_ok=True)
    else:
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
