"""Reading and writing ``NAME.vwmodel``."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import safetensors
import safetensors.numpy
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.model_card import SCHEMA_VERSION, ModelCard, contradiction
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.json_text import parse_json
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.sizes import megabytes
from desktop_app.io.atomic import atomic_folder
from desktop_app.io.models.files import (
    CARD_FILE,
    PREVIEW_FILE,
    README_FILE,
    WEIGHTS_FILE,
    cut_off_bundle,
    member_size,
    open_member,
    sha256_of,
)
from desktop_app.io.models.weights_layout import require_whole

__all__ = [
    "CARD_FILE", "MODEL_SUFFIX", "PREVIEW_FILE", "README_FILE", "WEIGHTS_FILE", "load_card",
    "models_in", "read_preview", "read_weights", "save_model", "verify_model",
]  # fmt: skip
MODEL_SUFFIX = ".vwmodel"
_ENDINGS = (MODEL_SUFFIX, f"{MODEL_SUFFIX}.zip")
_LARGEST_CARD = 64 * 2**20  # bytes; a card is some kilobytes, and a stranger's file must not fill the memory
_COPIES = 2  # the file and the tensors made of it are in memory together
_MOST_PIXELS = 4096 * 4096  # previews made here have 1/64 of them
_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def models_in(folder: Path) -> list[Path]:
    """The models that lie directly in a folder, as folders or zipped, by name; the program's hidden ones left out."""
    return sorted(p for p in folder.glob("*") if p.name.endswith(_ENDINGS) and not p.name.startswith("."))


def load_card(path: Path) -> ModelCard:
    """The description of a model; its weights are not touched.

    Args:
        path: A ``.vwmodel`` folder or zipped file.

    Raises:
        UnreadableFileError: If the bundle is missing, cut off, or no model.
        UserError: If ``model.json`` is of a newer version, or has unknown or wrong entries.
    """
    path = Path(path)
    if not path.exists():
        raise UnreadableFileError(path, "there is no such model.", hint="Was it moved or deleted?")
    with open_member(path, CARD_FILE) as file:
        raw = file.read(_LARGEST_CARD)
    try:
        data = parse_json(raw)
    except ValueError as error:
        raise UnreadableFileError(
            path, f"its {CARD_FILE} is damaged.", hint="Import it again.", details=repr(error)
        ) from error
    return _card(path, data)


def _card(path: Path, data: Any) -> ModelCard:
    if not isinstance(data, dict):
        raise UnreadableFileError(path, f"its {CARD_FILE} is no model description.", hint="Import it again.")
    version = data.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UserError(
            f"The model {path.name} was made by a newer version of Voxelwright (format {version}, known here: "
            f"{SCHEMA_VERSION}).", hint="Update Voxelwright to use it.",
        )  # fmt: skip
    try:
        card = ModelCard.model_validate(data)
    except ValidationError as error:
        raise explain(error, f"The description of the model {path.name} ({CARD_FILE})") from error
    if card.recipe not in RECIPES:
        raise UserError(
            f"The model {path.name} is made for the method “{card.recipe}”, which is not known here.",
            hint="Update Voxelwright to use it.",
        )
    wrong = contradiction(card)
    if wrong:
        raise UnreadableFileError(path, f"its {CARD_FILE} was changed: {wrong}", hint="Import it again.")
    return card


def read_weights(path: Path, most_bytes: int | None = None) -> dict[str, NDArray[Any]]:
    """The tensors of a model by name, after their checksum was verified.

    Args:
        path: A ``.vwmodel`` folder or zipped file.
        most_bytes: What the network can take; more is not even unpacked. None only asks the free memory.

    Raises:
        UnreadableFileError: If the bundle is cut off, the checksum is wrong, or a value is not finite.
        UserError: If the weights do not fit into the memory.
    """
    return _checked_weights(path, most_bytes)[0]


def _checked_weights(path: Path, most_bytes: int | None = None) -> tuple[dict[str, NDArray[Any]], str]:
    """Weights that may be used, and their checksum."""
    card = load_card(path)
    size = _require_whole(path)
    _require_room(path, size, most_bytes)
    with open_member(path, WEIGHTS_FILE) as file:
        raw = file.read()
    digest = hashlib.sha256(raw).hexdigest()
    _verify(path, card, digest)
    try:
        weights = safetensors.numpy.load(raw)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise cut_off_bundle(path, error) from error
    _require_numbers(path, weights)
    return weights, digest


def _require_whole(path: Path) -> int:
    """Refuse weights that are cut off or no safetensors file; bytes of those that are whole."""
    size = member_size(path, WEIGHTS_FILE)
    with open_member(path, WEIGHTS_FILE) as file:
        try:
            require_whole(file, size)
        except ValueError as error:
            raise cut_off_bundle(path, error) from error
    return size


def _require_room(path: Path, size: int, most_bytes: int | None) -> None:
    if most_bytes is not None and size > most_bytes:
        raise UnreadableFileError(
            path, f"its weights ({megabytes(size)}) are more than its network can take ({megabytes(most_bytes)}).",
            hint="Do not use it; ask its sender.",
        )  # fmt: skip
    free = psutil.virtual_memory().available
    if _COPIES * size > free:
        raise UserError(
            f"The weights of {path.name} ({megabytes(size)}) do not fit into the free memory ({megabytes(free)}).",
            hint="Close other programs, or use a smaller model.",
        )


def _require_numbers(path: Path, weights: Mapping[str, NDArray[Any]]) -> None:
    """Refuse weights with which every image would come out empty, without a word."""
    for name, values in weights.items():
        if values.dtype.kind not in "fiu":
            reason = f"{name} holds no numbers ({values.dtype})."
        elif not np.isfinite(values).all():
            reason = f"{name} holds values that are not finite (NaN or infinite)."
        else:
            continue
        raise UnreadableFileError(
            path, f"its weights are damaged: {reason}", hint="Copy or download it again, or train it anew."
        )


def verify_model(path: Path) -> str:
    """Check that a model is complete and its weights are those that were saved, each a number.

    Returns:
        The checksum of the weights.

    Raises:
        UnreadableFileError: If the bundle is cut off, the checksum is wrong, or a value is not finite.
        UserError: If ``model.json`` is not valid here, or the weights do not fit into the memory.
    """
    return _checked_weights(path)[1]


def _verify(path: Path, card: ModelCard, digest: str) -> None:
    if card.weights_sha256 and card.weights_sha256 != digest:
        raise UnreadableFileError(
            path, "the weights do not match their checksum, so the model is damaged or was changed.",
            hint="Copy or download it again.", details=f"expected {card.weights_sha256}, found {digest}",
        )  # fmt: skip


def read_preview(path: Path) -> NDArray[np.uint8] | None:
    """The preview picture (Y, X, 3) uint8; None where there is none, or it is damaged or huge."""
    try:
        with open_member(Path(path), PREVIEW_FILE) as file, Image.open(file) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            return np.asarray(picture.convert("RGB"), dtype=np.uint8)
    except (UnreadableFileError, OSError, ValueError, SyntaxError, *_TOO_LARGE):
        return None


def save_model(
    folder: Path, card: ModelCard, weights: Mapping[str, NDArray[Any]] | Path, preview: NDArray[np.uint8] | None = None
) -> Path:
    """Write a bundle as a folder, whole or not at all.

    Args:
        folder: ``NAME.vwmodel``; an older model there is replaced.
        card: Its checksum is filled in here.
        weights: NumPy tensors by name, or a safetensors file to copy.
        preview: Picture (Y, X) or (Y, X, 3) uint8.

    Returns:
        ``folder``.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    with atomic_folder(folder) as temporary:
        target = temporary / WEIGHTS_FILE
        if isinstance(weights, Path):
            shutil.copyfile(weights, target)
        else:
            data = safetensors.numpy.save({k: np.asarray(v, order="C") for k, v in weights.items()})
            target.write_bytes(data)
        with target.open("rb") as file:
            card = card.model_copy(update={"weights_sha256": sha256_of(file)})
        (temporary / CARD_FILE).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
        from desktop_app.io.models.readme import model_readme  # words that only a model that is saved needs

        (temporary / README_FILE).write_text(model_readme(card), encoding="utf-8")
        if preview is not None:
            Image.fromarray(preview).save(temporary / PREVIEW_FILE)
    return folder
