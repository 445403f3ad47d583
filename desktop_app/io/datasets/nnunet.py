"""Layout: the folders of nnU-Net, imagesTr with labelsTr and imagesTs with labelsTs.

An image is ``CASE_0000.ENDING``, its labels are ``CASE.ENDING``; further channels (``CASE_0001``) are files of their
own, which are read with the first. ``splits_final.json`` says who learns and who is checked. Folders of the Medical
Segmentation Decathlon are alike, but for the number behind the names.
"""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.project.model import Role
from desktop_app.io.datasets.folders import folders_in, joined
from desktop_app.io.datasets.layout import DatasetLayout, FoundPairs, PairPlace
from desktop_app.io.images.registry import FIRST_CHANNEL, image_stem, list_images
from desktop_app.io.json_files import read_json

SPLITS = "splits_final.json"
ENDINGS = (".nii.gz", ".nrrd", ".mha", ".tif", ".tiff", ".png", ".bmp")
"""Endings of the files that nnU-Net 2 reads (``nnunetv2/imageio``), as they stand behind a name."""
_FOLDERS: tuple[tuple[str, str, Role], ...] = (("imagestr", "labelstr", "auto"), ("imagests", "labelsts", "test"))


def find_nnunet(folder: Path, role: Role = "auto") -> FoundPairs | None:
    """Pairs of both parts, with their roles where the splits are kept."""
    children = {child.name.casefold(): child for child in folders_in(folder)}
    found = [
        _matched(children[images], children[labels], part if role == "auto" else role)
        for images, labels, part in _FOLDERS
        if images in children and labels in children
    ]
    pairs = joined(found)
    if pairs is None or not pairs.pairs:
        return None
    alone = [children[images] for images, labels, _ in _FOLDERS if images in children and labels not in children]
    unlabelled = tuple(path for images in alone for path in list_images(images))
    return FoundPairs(_with_splits(folder, pairs.pairs), pairs.unmatched, unlabelled)


def written_ending(*, flat: bool) -> str:
    """The ending of a file that is written for nnU-Net, which has readers of their own for single pictures."""
    return ".tif" if flat else ".nii.gz"


def place_nnunet(folder: Path, pair: PairPlace) -> tuple[Path, Path]:
    """``imagesTr/NAME_0000`` and ``labelsTr/NAME``; ``imagesTs`` and ``labelsTs`` for the test."""
    end = "Ts" if pair.role == "test" else "Tr"
    return folder / f"images{end}" / f"{pair.name}{FIRST_CHANNEL}", folder / f"labels{end}" / pair.name


def _matched(images: Path, labels: Path, role: Role) -> FoundPairs:
    masks = {image_stem(path): path for path in list_images(labels)}
    pairs, left = [], []
    for path in list_images(images):
        case = image_stem(path)
        if case in masks:
            pairs.append(PairConfig(name=case, image=str(path), labels=str(masks.pop(case)), role=role))
        else:
            left.append(path)
    return FoundPairs(tuple(pairs), (*left, *masks.values()))


def _with_splits(folder: Path, pairs: tuple[PairConfig, ...]) -> tuple[PairConfig, ...]:
    """The roles of the first fold; as they were where none is kept, or it cannot be read."""
    try:
        fold = read_json(folder / SPLITS)[0]
        roles: dict[str, Role] = {str(name): "train" for name in fold["train"]}
        roles |= {str(name): "validation" for name in fold["val"]}
    except (OSError, ValueError, LookupError, TypeError):
        return pairs
    return tuple(
        pair.model_copy(update={"role": roles[pair.name]}) if pair.role == "auto" and pair.name in roles else pair
        for pair in pairs
    )


NNUNET = DatasetLayout("nnunet", "Folders of nnU-Net: imagesTr and labelsTr", find_nnunet, place_nnunet)
