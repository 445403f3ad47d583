"""Sending and receiving models as one file."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.networks.registry import known_network
from desktop_app.io.atomic import atomic_folder, atomic_path, make_place, write_text
from desktop_app.io.file_names import file_name
from desktop_app.io.models.bundle import MODEL_SUFFIX, load_card, models_in, verify_model
from desktop_app.io.models.files import CARD_FILE, KNOWN_FILES, README_FILE, open_member, opened_zip, zip_names


def export_model(path: Path, zip_path: Path) -> Path:
    """Pack a model into one zipped file that another computer can import.

    Args:
        path: The model, a folder or already zipped.
        zip_path: The new file, usually ``NAME.vwmodel``.

    Raises:
        UnreadableFileError: If the model is incomplete or its checksum is wrong.
        UnwritableFileError: If the disk refuses.
    """
    verify_model(path)
    make_place(zip_path)
    with atomic_path(zip_path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _present(path):
            with open_member(path, name) as source, archive.open(name, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target)
    return zip_path


def import_model(source: Path, models_folder: Path) -> Path:
    """Check a model and copy it into ``models_folder`` as a folder; a taken name gets a number behind it.

    Args:
        source: A ``.vwmodel`` folder, the same zipped, or a folder that holds one.
        models_folder: Made if it is missing.

    Returns:
        The new folder.

    Raises:
        UnreadableFileError: If it is no model, cut off, or its checksum is wrong.
        UserError: If it needs a newer version of this program, such as one that knows its network.
        UnwritableFileError: If the disk refuses.
    """
    source = _bundle_in(Path(source))
    card = load_card(source)
    known_network(card.network, card.network_arguments)
    verify_model(source)
    target = free_place(models_folder, card.name)
    make_place(target)
    with atomic_folder(target) as temporary:
        for name in _present(source):
            with open_member(source, name) as inside, (temporary / name).open("wb") as out:
                shutil.copyfileobj(inside, out)
    return target


def replace_card(path: Path, card: ModelCard) -> None:
    """Write another description of the same weights into a model, whole or not at all.

    Args:
        path: The model, a folder or zipped.
        card: Its new description.

    Raises:
        UnreadableFileError: If a zipped model cannot be read.
        UnwritableFileError: If the disk refuses.
    """
    from desktop_app.io.models.readme import model_readme  # words that only a model that is saved needs

    new = {CARD_FILE: card.model_dump_json(indent=2) + "\n", README_FILE: model_readme(card)}
    if path.is_dir():
        for name, text in new.items():
            write_text(path / name, text)
        return
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (name for name in _present(path) if name not in new):
            with open_member(path, name) as source, archive.open(name, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target)
        for name, text in new.items():
            archive.writestr(name, text)


def _bundle_in(source: Path) -> Path:
    if not source.is_dir() or (source / CARD_FILE).exists():
        return source
    inside = [p for p in models_in(source) if p.is_file() or (p / CARD_FILE).exists()]
    if len(inside) == 1:
        return inside[0]
    reason = "there is no model in this folder." if not inside else f"there are {len(inside)} models in this folder."
    raise UnreadableFileError(source, reason, hint=f"Choose one {MODEL_SUFFIX} file or folder.")


def _present(bundle: Path) -> list[str]:
    if bundle.is_dir():
        return [name for name in KNOWN_FILES if (bundle / name).is_file()]
    with opened_zip(bundle) as archive:
        return list(zip_names(bundle, archive))


def free_place(folder: Path, name: str) -> Path:
    """Where a model of that name can be written; a taken name gets a number behind it."""
    name = file_name(name, "model")
    target, number = folder / f"{name}{MODEL_SUFFIX}", 2
    while target.exists():
        target, number = folder / f"{name} ({number}){MODEL_SUFFIX}", number + 1
    return target
