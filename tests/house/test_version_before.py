"""What the version before has written is opened, resumed, finetuned and used; see ``tests/data/version_before``."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from safetensors.numpy import load_file

from desktop_app.cli.app import run_command
from desktop_app.core.imaging import Region
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import load_card
from desktop_app.io.projects import open_project

ARCHIVE = Path(__file__).parent.parent / "data" / "version_before" / "files.tar.xz"
TEXTS = (".json", ".txt", ".csv")
MODELS = {
    "unet3d": "runs/semantic-finished/unet3d.vwmodel",
    "unet2d": "models/unet2d.vwmodel",
    "segresnet3d": "models/segresnet3d.vwmodel",
    "segresnet2d": "models/segresnet2d.vwmodel",
    "panoptic_bifpn": "runs/panoptic-finished/panoptic_bifpn.vwmodel",
    "panoptic_deeplab": "models/panoptic_deeplab.vwmodel",
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("before")
    with tarfile.open(ARCHIVE) as archive:
        careful = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.3 and before lack it
        archive.extractall(place, **careful)
    return place


@pytest.fixture
def before(unpacked: Path, tmp_path: Path) -> Any:
    """Gives parts of the archive, copied for this test alone, with its own paths in them."""

    def part(name: str) -> Path:
        copied = tmp_path / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        if (unpacked / name).is_dir():
            shutil.copytree(unpacked / name, copied)
        else:
            shutil.copy2(unpacked / name, copied)
        for path in [copied, *copied.rglob("*")]:
            if path.is_file() and path.suffix in TEXTS and "{PLACE}" in (text := path.read_text(encoding="utf-8")):
                path.write_text(text.replace("{PLACE}", tmp_path.resolve().as_posix()), encoding="utf-8")
        return copied

    return part


def _commanded(*words: object) -> None:
    assert run_command([str(word) for word in words]) == 0


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _outlines(path: Path) -> NDArray[np.bool_]:
    """Where a pixel's label differs from the next one's in y or x; the same whatever the objects' numbers are."""
    labels = np.asarray(tifffile.imread(path))
    inner = labels[..., :-1, :-1]
    return np.asarray((inner != labels[..., 1:, :-1]) | (inner != labels[..., :-1, 1:]))


def test_a_project_opens_with_the_edits_of_its_journal(before: Any, unpacked: Path) -> None:
    before("volumes")
    with open_project(before("Cells.vwproj")) as opened:
        first, second = opened.project.items
        assert [c.name for c in opened.project.scheme.classes] == ["Nucleus", "Background"]
        assert (first.done_slices, first.role, first.status) == ((0, 1, 2), "train", "in progress")
        assert second.voxel_size is not None
        assert second.voxel_size.z == 2
        assert not opened.missing_items()
        session = opened.label_session(first, open_volume(opened.image_path(first)))
        assert session.recovered == ("a change",) * 3
        whole = Region((0, 0, 0), session.labels.shape)
        assert np.array_equal(session.labels.read(whole), np.load(unpacked / "expected" / "labels.npy"))
        session.close()


@pytest.mark.parametrize("network", MODELS)
def test_a_model_finds_what_it_found(before: Any, unpacked: Path, tmp_path: Path, network: str) -> None:
    """Nearly: sums differ in the last digit from processor to processor, and a threshold makes that visible."""
    model = before(MODELS[network])
    image = before("slices/images/s2.tif" if network.startswith("panoptic") else "volumes/images/v2.tif")
    _commanded("infer", "--model", model, "--input", image, "--output", tmp_path / "out", "--device", "cpu")
    found, wanted = _outlines(tmp_path / "out" / image.name), _outlines(unpacked / "expected" / f"{network}.tif")
    assert found.shape == wanted.shape
    assert 2 * np.sum(found & wanted) > 0.95 * (found.sum() + wanted.sum()) > 0


@pytest.mark.parametrize("recipe", ["semantic", "panoptic"])
def test_a_stopped_run_goes_on(before: Any, unpacked: Path, recipe: str) -> None:
    before("volumes")
    before("slices")
    run = before(f"runs/{recipe}-stopped")
    _commanded("train", "--resume", run)
    state = json.loads((run / "checkpoints" / "last" / "state.json").read_text(encoding="utf-8"))
    assert (state["progression"]["step"], state["progression"]["stopped"]) == (4, "finished")
    assert {"2", "4"} <= {row["step"] for row in _rows(run / "metrics.csv")}
    assert load_card(next(run.glob("*.vwmodel"))).recipe == recipe
    if recipe == "semantic":
        made = load_file(run / "checkpoints" / "last" / state["files"]["weights"])
        wanted = load_file(unpacked / "expected" / "resumed.safetensors")
        apart = np.concatenate([np.abs(made[name] - wanted[name]).ravel() for name in wanted])
        assert set(made) == set(wanted)
        assert np.mean(apart < 1e-4) > 0.99, "as the version before would have gone on; a step moves weights by 1e-2"


def test_a_finished_run_gives_its_model_again(before: Any) -> None:
    before("volumes")
    run = before("runs/semantic-finished")
    shutil.rmtree(run / "unet3d.vwmodel")
    _commanded("train", "--resume", run)
    assert load_card(run / "unet3d.vwmodel").network == "unet3d"


@pytest.mark.parametrize(
    ("network", "data", "patch"), [("unet3d", "volumes", "8,32,32"), ("panoptic_bifpn", "slices", "1,128,128")]
)
def test_a_model_is_finetuned(before: Any, tmp_path: Path, network: str, data: str, patch: str) -> None:
    _commanded(
        "train", "--dataset", before(data), "--from", before(MODELS[network]), "--out", tmp_path / "tuned",
        "--device", "cpu", "--set", "iterations=2", "--set", "batch_size=2", "--set", f"patch_size={patch}",
    )  # fmt: skip
    [made] = (tmp_path / "tuned").glob("*.vwmodel")
    assert load_card(made).network == network


def test_a_batch_goes_on_behind_what_is_finished(before: Any, tmp_path: Path) -> None:
    before("volumes")
    out, facts = before("batch"), json.loads(before("batch-facts.json").read_text(encoding="utf-8"))
    facts["image"][0] = str((tmp_path / "volumes" / "images" / "v0.tif").resolve())
    record = out / "finished" / "v0.json"
    mark = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    record.write_text(json.dumps({**json.loads(record.read_text(encoding="utf-8")), "fingerprint": mark}))
    _commanded(
        "infer", "--model", before(MODELS["unet3d"]), "--input", tmp_path / "volumes" / "images", "--output", out,
        "--device", "cpu",
    )  # fmt: skip
    assert [(row["image"], row["state"]) for row in _rows(out / "summary.csv")] == [
        ("v0.tif", "skipped"),
        ("v1.tif", "done"),
        ("v2.tif", "done"),
    ]
