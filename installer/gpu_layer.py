"""The layer with a torch for NVIDIA's GPUs: fetched, cleared of what the program does not need, packed and signed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bundle
import bundle_contents
import layer_files
from failures import SetupError

INDEX = "https://download.pytorch.org/whl/cu130"
"""PyTorch's wheels for CUDA 13. On Linux the usual index of packages has the same."""
_KEPT = ("torch", "torchgen", "functorch", "nvidia", "cuda")
"""Folders that torch reads; its other libraries are in the runtime already, and its compiler of kernels is not used."""
_LEFT_OUT = ("include", "cmake", "pkgconfig")  # folders below nvidia, for whoever compiles against it
_OTHER_PLACES = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL")
"""Where who builds has a torch for processors, which pip would take for the newer one."""
_ON_GPUS = ("libtorch_cuda.so", "torch_cuda.dll")


def fetch(root: Path, folder: Path, index: str) -> None:
    """Install that torch into a folder.

    Args:
        root: The project.
        folder: What was there is removed.
        index: Address of the packages.

    Raises:
        SetupError: If it cannot be had.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (torch,) = bundle.pins_of(root / "installer" / bundle.TORCH_LOCK)
    words = ["install", "-q", "--no-cache-dir", "--target", str(folder), torch, "--index-url", index]
    plain = {name: value for name, value in os.environ.items() if name not in _OTHER_PLACES}
    plain["PIP_CONFIG_FILE"] = os.devnull
    if subprocess.run([sys.executable, "-m", "pip", *words], env=plain, check=False).returncode:
        raise SetupError(f"{torch} for CUDA could not be fetched from {index}; --index names another place.")


def pack(source: Path, out: Path) -> Path:
    """Write the parts, the manifest and its signature.

    Args:
        source: Folder with the torch, as pip --target lays it; it stays as it is.
        out: Where ``build.py`` builds; a program there is the one that the layer belongs to.

    Returns:
        The manifest.

    Raises:
        SetupError: If there is no torch for GPUs in the folder.
    """
    from desktop_app.core.config.layers import CUDA_CAPABILITY, CUDA_DRIVER

    found = next(iter(sorted(source.glob("torch-*.dist-info"))), None)
    if not (source / "torch").is_dir() or found is None:
        raise SetupError(f"There is no torch in {source}.")
    if not any((source / "torch/lib" / name).is_file() for name in _ON_GPUS):
        raise SetupError(f"The torch in {source} computes on processors alone.")
    program = next(iter((out / "Voxelwright").glob("runtime-*")), None)
    facts = {
        "kind": "gpu",
        "version": found.name.split("-")[1].removesuffix(".dist"),
        "runtime": program.name.removeprefix("runtime-") if program is not None else "",
        "min_driver": CUDA_DRIVER,
        "min_capability": CUDA_CAPABILITY,
    }
    chosen = out / "gpu-files"
    shutil.rmtree(chosen, ignore_errors=True)
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_file() and is_wanted(name):
            (chosen / name).parent.mkdir(parents=True, exist_ok=True)
            layer_files.linked(str(path), str(chosen / name))
    manifest = layer_files.pack_layer(chosen, facts, out / "gpu", layer_files.signing_key(out))
    shutil.rmtree(chosen)
    return manifest


def is_wanted(name: Path) -> bool:
    """Whether a file of the folder, named from there on, goes into the layer; licences of what does go as well."""
    top = name.parts[0]
    if top.endswith(".dist-info"):
        return top.startswith((*_KEPT, "cuda_"))
    if top not in _KEPT or "__pycache__" in name.parts or name.suffix == ".a":
        return False
    if top == "nvidia" and any(part in _LEFT_OUT for part in name.parts):
        return False
    return bundle_contents.is_wanted(name.as_posix())
