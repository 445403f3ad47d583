"""The layer with a torch for GPUs, from a small stand-in for what pip lays."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import gpu_layer
import pytest
from failures import SetupError

from desktop_app.core.config.layers import CUDA_DRIVER

_FILES = {
    "torch/__init__.py": True,
    "torch/lib/libtorch_cuda.so": True,
    "torch/include/ATen/ATen.h": False,
    "torch/__pycache__/x.pyc": False,
    "nvidia/cu13/lib/libcublas.so.13": True,
    "nvidia/cu13/include/cublas.h": False,
    "nvidia/cu13/lib/libcudart_static.a": False,
    "torch-2.13.0.dist-info/METADATA": True,
    "nvidia_cublas-13.1.dist-info/licenses/License.txt": True,
    "sympy/__init__.py": False,
    "sympy-1.14.dist-info/METADATA": False,
    "triton/__init__.py": False,
    "bin/torchrun": False,
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in _FILES:
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="ascii")
    return tmp_path / "source"


def test_what_the_runtime_has_already_and_what_compilers_need_stays_out(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "Voxelwright" / "runtime-0123").mkdir(parents=True)
    manifest = gpu_layer.pack(source, out)
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    assert (facts["version"], facts["runtime"], facts["min_driver"]) == ("2.13.0", "0123", CUDA_DRIVER)
    (part,) = facts["parts"]
    with tarfile.open(manifest.with_name(part["name"])) as archive:
        packed = {one.name for one in archive if one.isfile()}
    assert packed == {name for name, wanted in _FILES.items() if wanted}
    assert all((source / name).exists() for name in _FILES)


def test_a_torch_that_knows_no_gpu_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "torch/lib/libtorch_cuda.so").unlink()
    with pytest.raises(SetupError, match="processors alone"):
        gpu_layer.pack(source, tmp_path / "out")


def test_a_folder_without_torch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="There is no torch"):
        gpu_layer.pack(tmp_path, tmp_path / "out")
