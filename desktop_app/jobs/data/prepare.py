"""Make a training folder, split by image or group where no parts are given; labels mean the same in all parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.groups import groups_in_words, with_groups
from desktop_app.core.config.preparing import PrepareSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Times, VoxelSize
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.project.model import Role
from desktop_app.io.atomic import (
    atomic_folder,
    disk_refuses,
    remove_leftovers,
    temporary_folder,
    write_json,
    writing,
)
from desktop_app.io.datasets import LAYOUTS, PairPlace, as_pairs, find_pairs, recognise, unlabelled_words
from desktop_app.io.datasets.class_names import DATASET_FILE, names_around
from desktop_app.io.datasets.dead_links import pairs_hint
from desktop_app.io.datasets.names import free_names
from desktop_app.io.datasets.nnunet import SPLITS
from desktop_app.io.datasets.parts import PART_FOLDERS
from desktop_app.io.images.formats import listed
from desktop_app.io.images.registry import no_real_files_words
from desktop_app.io.images.voxel_sizes import parse_voxel_size
from desktop_app.jobs.data.prepared_pair import MOST_CLASSES, PairWriter
from desktop_app.jobs.data.specimens import with_specimens

_MOST_NAMED = 6  # files in one sentence, which stay two lines in a window; the result lists all
_UNFINISHED = "unfinished"
"""Name, before it is a temporary one, of what becomes a data set."""


@dataclass(frozen=True, slots=True)
class PrepareConfig:
    """What to take, and how to split it.

    Attributes:
        source: A folder in any known layout of images and labels; of images alone with ``labels``.
        out: The folder to make; it must be empty or absent.
        settings: Shares, and what is changed on the way.
        labels: The folder of the labels, where they lie elsewhere.
        by_order: Whether images and labels whose names do not fit are paired in sorted order.
        reading: What the user said of the images; those are written anew then, so that the copies say it themselves.
        time: The time points of movies, counted from 0, which alone are written then; None: movies are copied whole.
    """

    source: Path
    out: Path
    settings: PrepareSettings = field(default_factory=PrepareSettings)
    labels: Path | None = None
    by_order: bool = False
    reading: ImageReading = AS_STATED
    time: Times = None


@dataclass(frozen=True, slots=True)
class PlannedPair:
    """One pair as it will be written.

    Attributes:
        pair: Image and labels, with their group.
        role: The part that it goes to.
        name: Of its files, without ending.
    """

    pair: PairConfig
    role: Role
    name: str


@dataclass(frozen=True, slots=True)
class PreparePlan:
    """What would be written, for the user to check.

    Attributes:
        pairs: Each with its part.
        left_out: Images without labels and labels without an image.
        by_order_possible: Whether what is left out could be paired in sorted order, if the user agrees.
        unlabelled: Images of a part whose folder of labels is not there.
    """

    pairs: tuple[PlannedPair, ...]
    left_out: tuple[Path, ...] = ()
    by_order_possible: bool = False
    unlabelled: tuple[Path, ...] = ()

    def left_out_words(self, source: Path) -> tuple[str, ...]:
        """What is left out of a folder, in sentences; none where all is taken."""
        return tuple(filter(None, (left_out_words(self.left_out, source), unlabelled_words(self.unlabelled))))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was written.

    Attributes:
        out: The folder.
        parts: Number of pairs per part, by folder name.
        failed: Pairs that could not be copied, as ``(name, reason)``.
        left_out: Images without labels and labels without an image.
        doubts: What is to be known of what was written, in sentences.
        unlabelled: Images of a part whose folder of labels is not there.
    """

    out: Path
    parts: dict[str, int]
    failed: tuple[tuple[str, str], ...]
    left_out: tuple[Path, ...] = ()
    doubts: tuple[str, ...] = ()
    unlabelled: tuple[Path, ...] = ()


def plan_dataset(config: PrepareConfig) -> PreparePlan:
    """Find the pairs and share them out; nothing is written.

    Raises:
        UserError: If there are no pairs or flipbooks among them, or the shares, the voxel size or the pattern of groups
            make no sense.
    """
    _require_usable(config)
    pairs, found = _found(config)
    if not pairs:
        raise _no_pairs(config, found.by_order_possible)
    if any(pair.slices is not None for pair in pairs):
        raise UserError(
            f"{config.source.name} holds flipbooks, of which one slice is labelled; the others would be learned, too.",
            hint="Store their labelled slices first: “Store as a data set…” beside the patches, or store-patches.",
        )
    pairs = with_groups(with_specimens(pairs), config.settings.groups)
    roles, names = _roles(pairs, config.settings), free_names([pair.name for pair in pairs])
    planned = (PlannedPair(pair, role, name) for pair, role, name in zip(pairs, roles, names, strict=True))
    return replace(found, pairs=tuple(planned))


def prepare_dataset(config: PrepareConfig, ctx: JobContext) -> Prepared:
    """Write pairs of images and labels into one folder per part; originals are never changed.

    Pairs that lie in a part already (``train``, ``val``, ``test``) stay in it; the shares are for the others.

    Raises:
        UserError: If there are no pairs or none can be read, the settings make no sense, the target is not empty or
            cannot be made, or the disk is full; nothing is left behind then.
        JobCancelled: If the user stops it; nothing is left behind: part of a data set looks like a whole one.
    """
    spacing = _spacing(config.settings)
    remove_leftovers([config.out / _UNFINISHED])
    require_free(config.out)
    plan = plan_dataset(config)
    with writing(config.out):
        config.out.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers([config.out])
        for sentence in _remarks(plan, config):
            ctx.report(Note("warning", sentence))
        result = _in_place(config, plan, spacing, ctx)
    ctx.report(Progress(len(plan.pairs), len(plan.pairs), "All copied"))
    return replace(result, out=config.out)


def require_free(out: Path) -> None:
    """Refuse a folder in which something would get mixed.

    Raises:
        UserError: If it is a file, or not empty, or may not be looked into.
    """
    with writing(out):
        taken = out.exists() and (not out.is_dir() or any(out.iterdir()))
    if taken:
        raise UserError(f"{out.name} is not empty.", hint="Give a new folder, so that nothing gets mixed.")


def left_out_words(left_out: Sequence[Path], source: Path) -> str:
    """A sentence that names files without a partner, the first ones of many; empty where there are none."""
    if not left_out:
        return ""
    names = [_short(path, source) for path in left_out]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"Left out, because nothing fits the name: {', '.join(names[:_MOST_NAMED])}{more}."


def _in_place(config: PrepareConfig, plan: PreparePlan, spacing: VoxelSize | None, ctx: JobContext) -> Prepared:
    """Write the pairs beside their place, and put them there once they are whole.

    An empty folder that is there stays: it may be the one in which the user is, or a drive.
    """
    if not config.out.exists():
        with atomic_folder(config.out) as folder:
            return _written(replace(config, out=folder), plan, spacing, ctx)
    with temporary_folder(config.out / _UNFINISHED) as folder:
        result = _written(replace(config, out=folder), plan, spacing, ctx)
        for made in sorted(folder.iterdir(), key=lambda path: path.name == DATASET_FILE):
            made.replace(config.out / made.name)
    return result


def _written(config: PrepareConfig, plan: PreparePlan, spacing: VoxelSize | None, ctx: JobContext) -> Prepared:
    """Write the pairs into a folder that is there."""
    settings, doubts = config.settings, list[str]()

    def doubt(text: str) -> None:
        doubts.append(text)
        ctx.report(Note("warning", text))

    layout = LAYOUTS[settings.layout]
    writer = PairWriter(
        settings, spacing, config.reading, config.time, for_nnunet=settings.layout == "nnunet", tell=doubt
    )
    counts: Counter[str] = Counter()
    failed: list[tuple[str, str]] = []
    written: dict[str, Any] = {}
    for done, planned in enumerate(plan.pairs):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(plan.pairs), f"Copying {planned.pair.name}"))
        try:
            place = layout.place(config.out, PairPlace(planned.name, planned.role, planned.pair.group))
            written[planned.name] = writer.write(planned.pair, *place)
        except UserError as error:
            if disk_refuses(error):
                raise
            failed.append((planned.pair.name, str(error)))
            ctx.report(Note("error", f"{planned.pair.name}: {error}"))
        else:
            counts[PART_FOLDERS[planned.role]] += 1
    if not written:
        raise UserError(f"No pair could be taken over. {failed[0][0]}: {failed[0][1]}")
    if missing := [value for value in settings.class_values if value not in writer.found]:
        doubt(_in_no_labels(missing))
    for refused in _not_for_nnunet(settings, writer.found, written) if settings.layout == "nnunet" else ():
        doubt(refused)
    _write_record(config, plan, written, writer.found)
    parts = {name: counts[name] for name in PART_FOLDERS.values()}
    return Prepared(config.out, parts, tuple(failed), plan.left_out, tuple(doubts), plan.unlabelled)


def _in_no_labels(missing: list[int]) -> str:
    named = " and ".join(map(str, missing))
    labels, be, it = ("label", "is", "it") if len(missing) == 1 else ("labels", "are", "them")
    return f"The {labels} {named} to keep {be} in none of the images: nothing stands for {it} in the data set."


def _found(config: PrepareConfig) -> tuple[tuple[PairConfig, ...], PreparePlan]:
    """Pairs, and a plan that says so far what is left out."""
    if config.labels is None:
        found = recognise(config.source)
        if found is None:
            return (), PreparePlan(())
        return found.pairs, PreparePlan((), found.unmatched, unlabelled=found.unlabelled)
    result = find_pairs(config.source, config.labels)
    possible = result.by_order_possible
    if config.by_order:
        result = result.paired_by_order()
    return as_pairs(result), PreparePlan((), (*result.unmatched_images, *result.unmatched_labels), possible)


def _no_pairs(config: PrepareConfig, by_order: bool) -> UserError:
    if config.labels is None:
        elsewhere = " Or say where the labels are, if they are in another folder (--labels)."
        message = f"No pairs of images and labels were found in {config.source.name}."
        return UserError(message, hint=pairs_hint(config.source) + elsewhere)
    ordered = " Or let them be paired in sorted order, with the tick in the window or --by-order." if by_order else ""
    return UserError(
        f"No file in {config.labels.name} is named as an image in {config.source.name}.",
        hint=f"Name images and their labels alike.{ordered}",
    )


def _require_usable(config: PrepareConfig) -> None:
    if config.settings.train <= 0:
        raise UserError("The share for training must be above 0, and no share below 0.")
    _spacing(config.settings)


def _spacing(settings: PrepareSettings) -> VoxelSize | None:
    """The voxel size that all images get; None leaves those that they have."""
    return parse_voxel_size(settings.spacing) if settings.spacing.strip() else None


def _remarks(plan: PreparePlan, config: PrepareConfig) -> Iterator[str]:
    """What is left out, which parts were given, and what was kept together."""
    yield from plan.left_out_words(config.source)
    read = dict.fromkeys(Path(place).parent for one in plan.pairs for place in (one.pair.image, one.pair.label_path))
    yield from no_real_files_words(folder for folder in read if folder.is_dir())
    if config.by_order:
        yield "Files whose names do not fit were paired in sorted order: look through the pairs."
    pairs = [planned.pair for planned in plan.pairs]
    if any(pair.mask is not None for pair in pairs):
        yield "The masks beside the labels (CM) are not copied: learn from the original folder to leave voxels out."
    given = Counter(PART_FOLDERS[pair.role] for pair in pairs if pair.role in PART_FOLDERS)
    if given:
        counts = ", ".join(f"{given[name]} in {name}" for name in PART_FOLDERS.values() if given[name])
        yield f"The folder says who belongs to which part ({counts}); that is kept."
    together = groups_in_words(pairs) if config.settings.by == "group" else ""
    if together:
        yield together


def _short(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def _roles(pairs: Sequence[PairConfig], settings: PrepareSettings) -> Sequence[Role]:
    """The part of each pair: the one that it has, or one by the shares and the seed."""
    from desktop_app.ml.data.split import holds_labels, split_by_image

    total = settings.train + settings.validation + settings.test
    # Nobody need learn from a tenth here, as where a training is set up.
    shares = {"validation": settings.validation / total, "test": settings.test / total}
    split = DatasetSplitParameters(seed=settings.seed, by=settings.by).model_copy(update=shares)
    return split_by_image(pairs, split, lambda pair: holds_labels(pair, DatasetConfig()))


def _not_for_nnunet(settings: PrepareSettings, values: set[int], written: dict[str, Any]) -> Iterator[str]:
    """Why nnU-Net cannot learn from such images and labels, in sentences; none where it can."""
    endings = sorted({one["ending"] for one in written.values()})
    if len(endings) > 1:
        yield f"nnU-Net wants all images in one format; these are {listed(endings, 'and')}: convert them to one first."
    if settings.class_values or sorted(values) == list(range(1, len(values) + 1)):
        return
    if len(values) > MOST_CLASSES:
        yield "The labels number single objects, but nnU-Net learns classes: make them so with “Objects to a class”."
        return
    named = ",".join(map(str, sorted(values)))
    yield f"nnU-Net wants classes that are numbered 1, 2, 3, …: {named} under “Labels to keep” (--classes) does that."


def _write_record(config: PrepareConfig, plan: PreparePlan, written: dict[str, Any], values: set[int]) -> None:
    """``dataset.json``: what the labels mean, how it was split, and the grids of the originals."""
    settings, kept = config.settings, [planned for planned in plan.pairs if planned.name in written]
    names = names_around(Path(planned.pair.image) for planned in kept)
    numbers = {value: n for n, value in enumerate(settings.class_values, start=1)} or {value: value for value in names}
    if settings.layout == "nnunet" and len(values) <= MOST_CLASSES:
        numbers = numbers or {value: value for value in sorted(values)}
    labels = {"background": 0, **{names.get(value, f"Class {value}"): number for value, number in numbers.items()}}
    learned = [planned.name for planned in kept if planned.role != "test"]
    record: dict[str, Any] = {
        "labels": labels if numbers else {},
        "label_values": {str(value): n for n, value in enumerate(settings.class_values, start=1)},
        "seed": settings.seed,
        "settings": settings.model_dump(),
        "parts": {planned.name: PART_FOLDERS[planned.role] for planned in kept},
        "groups": {planned.name: planned.pair.group for planned in kept if planned.pair.group},
        "originals": written,
    }
    if settings.layout == "nnunet":
        channels = {str(n): name or f"channel {n}" for n, name in enumerate(_channels(written))}
        record |= {"channel_names": channels, "numTraining": len(learned), "file_ending": _ending(written)}
        folds = {
            "train": [planned.name for planned in kept if planned.role == "train"],
            "val": [planned.name for planned in kept if planned.role == "validation"],
        }
        write_json(config.out / SPLITS, [folds])
    write_json(config.out / DATASET_FILE, record)


def _channels(written: dict[str, Any]) -> list[str]:
    """The names of the channels of the first image."""
    return list(next(iter(written.values()))["channels"]) if written else []


def _ending(written: dict[str, Any]) -> str:
    """Of the images, which nnU-Net wants to be the same for all."""
    return next(iter(written.values()))["ending"] if written else ""
