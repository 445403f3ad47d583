"""Manifests of layers, read only with their publisher's signature."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.layers import LayerManifest, ProgramLayerKind
from desktop_app.core.errors import UserError
from desktop_app.core.json_text import parse_json
from desktop_app.core.signatures import is_signed
from desktop_app.io.json_files import read_json
from desktop_app.io.layers.running import running_layers

KEY_FILE = "update-key.txt"
"""In the app layer: the public key, 64 hexadecimal digits, of who built it."""
SIGNATURE_ENDING = ".sig"
LAID_FILE = "layer.json"
"""In a layer that is unpacked: its manifest."""
_LARGEST = 10**6  # bytes; a manifest of 100 parts has some 20 kB


def manifest_name(kind: ProgramLayerKind, system: str = sys.platform) -> str:
    """The file name of the manifest of a kind of layer for a system."""
    return f"voxelwright-{kind}-{system}.json"


def publisher_key() -> bytes:
    """The public key that came with the built program.

    Raises:
        UserError: Where the program runs from source, or was built without one.
    """
    layers = running_layers()
    try:
        if layers is None:
            raise FileNotFoundError
        return bytes.fromhex((layers.app / KEY_FILE).read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise UserError(
            "This copy of Voxelwright was not installed by an installer, so it cannot replace parts of itself.",
            hint="Update it the way you got it. For a GPU, install PyTorch's build for your card beside it.",
        ) from error


def downloads_address() -> str:
    """The address of the folder with updates and layers that the builder wrote into the app; empty where none is."""
    layers = running_layers()
    if layers is None:
        return ""
    try:
        facts = read_json(layers.app / "app.json")
    except (OSError, ValueError):
        return ""
    address = facts.get("downloads", "") if isinstance(facts, dict) else ""
    return address if isinstance(address, str) else ""


def parse_manifest(data: bytes, signature: str, key: bytes, kind: ProgramLayerKind) -> LayerManifest:
    """The manifest, if its publisher signed exactly these bytes.

    Args:
        data: The manifest's bytes.
        signature: 128 hexadecimal digits.
        key: The publisher's public key.
        kind: What it must describe.

    Raises:
        UserError: If the signature is wrong, or it describes something else.
    """
    try:
        mark = bytes.fromhex(signature.strip())
    except ValueError:
        mark = b""
    if len(data) > _LARGEST or not is_signed(key, data, mark):
        raise UserError(
            "The description of the layer is not signed by the makers of this program, so it was not used.",
            hint="Get it again from where you got the program; if it happens again, tell its makers.",
        )
    try:
        manifest = LayerManifest.model_validate(parse_json(data))
    except ValidationError as error:
        raise explain(error, "The description of the layer") from error
    if manifest.kind != kind or manifest.system != sys.platform:
        raise UserError(
            f"This layer is for another purpose or system ({manifest.kind}, {manifest.system}).",
            hint=f"Choose the folder that holds {manifest_name(kind)}.",
        )
    return manifest


def laid_manifest(layer: Path) -> LayerManifest | None:
    """What a layer in the user's folder says of itself; None where it is damaged or gone."""
    try:
        return LayerManifest.model_validate(read_json(layer / LAID_FILE))
    except (OSError, ValueError):
        return None


def read_manifest(folder: Path, key: bytes, kind: ProgramLayerKind) -> LayerManifest:
    """The signed manifest of a kind in a folder.

    Raises:
        UserError: If there is none, or it is not signed.
    """
    path = folder / manifest_name(kind)
    try:
        data = path.read_bytes()
        signature = path.with_name(path.name + SIGNATURE_ENDING).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"There is no {path.name} with its signature in {folder}.",
            hint="Choose the folder with all parts of the download.",
            details=repr(error),
        ) from error
    return parse_manifest(data, signature, key, kind)
