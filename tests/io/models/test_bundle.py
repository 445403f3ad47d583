"""Model bundles: whole, checked, and harmless."""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.models import (
    export_model,
    import_model,
    load_card,
    read_preview,
    read_weights,
    save_model,
    verify_model,
)
from tests.cards import semantic_card

CARD = semantic_card(name="Nuclei: µ", patch_size=(32, 64, 64), divisor=(8, 8, 8), metrics={"object F1": 0.874})
WEIGHTS = {"layer.weight": np.random.default_rng(1).random((30, 7), np.float32), "steps": np.array(7, np.int64)}
PREVIEW = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)


@pytest.fixture(params=["folder", "zip"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = save_model(tmp_path / "a.vwmodel", CARD, WEIGHTS, PREVIEW)
    return folder if request.param == "folder" else export_model(folder, tmp_path / "zipped.vwmodel")


def test_everything_comes_back(model: Path) -> None:
    card = load_card(model)
    assert card.model_copy(update={"weights_sha256": ""}) == CARD
    assert len(card.weights_sha256) == 64
    weights = read_weights(model)
    assert weights.keys() == WEIGHTS.keys()
    for name, tensor in WEIGHTS.items():
        np.testing.assert_array_equal(weights[name], tensor)
    preview = read_preview(model)
    assert preview is not None
    np.testing.assert_array_equal(preview, PREVIEW)
    assert verify_model(model) == card.weights_sha256


def test_weights_may_be_a_file(tmp_path: Path) -> None:
    safetensors.numpy.save_file({"w": np.ones(3, np.float32)}, tmp_path / "w.safetensors")
    model = save_model(tmp_path / "a.vwmodel", CARD, tmp_path / "w.safetensors")
    assert read_weights(model)["w"].tolist() == [1, 1, 1]
    assert read_preview(model) is None


def test_single_numbers_keep_their_shape(tmp_path: Path) -> None:
    weights = {"counter": np.array(7), "turned": np.arange(6).reshape(2, 3).T}
    back = read_weights(save_model(tmp_path / "a.vwmodel", CARD, weights))
    assert back["counter"].shape == ()
    assert np.array_equal(back["turned"], weights["turned"])


def test_model_card_for_people(model: Path, tmp_path: Path) -> None:
    text = (tmp_path / "a.vwmodel" / "README.md").read_text(encoding="utf-8")
    assert "# Nuclei: µ" in text
    assert "| Object F1 | 0.874 |" in text


def test_import_takes_a_free_name(model: Path, tmp_path: Path) -> None:
    first, second = (import_model(model, tmp_path / "models") for _ in range(2))
    assert (first.name, second.name) == ("Nuclei_ µ.vwmodel", "Nuclei_ µ (2).vwmodel")
    assert sorted(p.name for p in second.iterdir()) == ["README.md", "model.json", "preview.png", "weights.safetensors"]
    assert verify_model(second)


def test_import_finds_the_one_model_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    save_model(tmp_path / "run" / "a.vwmodel", CARD, WEIGHTS)
    assert import_model(tmp_path / "run", tmp_path / "models").is_dir()
    save_model(tmp_path / "run" / "b.vwmodel", CARD, WEIGHTS)
    with pytest.raises(UnreadableFileError, match="there are 2 models"):
        import_model(tmp_path / "run", tmp_path / "models")
    with pytest.raises(UnreadableFileError, match="there is no model"):
        import_model(tmp_path, tmp_path / "models")


def test_zip_with_a_folder_inside(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "a.vwmodel", CARD, WEIGHTS)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"a.vwmodel/{file.name}")
        archive.writestr("__MACOSX/a.vwmodel/._model.json", "junk")
    assert verify_model(import_model(tmp_path / "b.zip", tmp_path / "models"))


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 0.999))
def test_cut_off_bundles(tmp_path: Path, share: float) -> None:
    whole = tmp_path / "whole.vwmodel"
    if not whole.exists():
        export_model(save_model(tmp_path / "a.vwmodel", CARD, WEIGHTS), whole)
    data = whole.read_bytes()
    cut = tmp_path / "cut.vwmodel"
    cut.write_bytes(data[: int(share * len(data))])
    with pytest.raises(UnreadableFileError, match=r"cut\.vwmodel"):
        import_model(cut, tmp_path / "models")
    assert not list((tmp_path / "models").glob("*"))


@pytest.mark.parametrize("use", [read_weights, verify_model])
def test_changed_weights_are_found_out(tmp_path: Path, use: Any) -> None:
    model = save_model(tmp_path / "cells.vwmodel", CARD, WEIGHTS)
    weights = model / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    for action in (use, lambda m: export_model(m, tmp_path / "z"), lambda m: import_model(m, tmp_path / "models")):
        with pytest.raises(UnreadableFileError, match=r"cells\.vwmodel: the weights do not match their checksum"):
            action(model)
    assert not (tmp_path / "z").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema_version": 2}, "newer version of Voxelwright"),
        ({"colour": "red"}, "does not know: “colour”"),
        ({"dimensions": 5}, "not valid at “dimensions”"),
        ({"name": ""}, "not valid at “name”"),
        ({"divisor": [0, 8, 8]}, "not valid at “divisor.0”"),
        ({"patch_size": [8, -16, 16]}, "not valid at “patch_size.1”"),
        ({"input_channels": 10**9}, "not valid at “input_channels”"),
        ({"normalisation": {"kind": "zscore", "mean": float("inf")}}, "not valid at “normalisation"),
        ({"recipe": "telepathy"}, "method “telepathy”, which is not known here"),
    ],
)
def test_descriptions_that_do_not_fit(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    model = save_model(tmp_path / "cells.vwmodel", CARD, WEIGHTS)
    card = model / "model.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), **change}))
    with pytest.raises(UserError, match=words) as caught:
        load_card(model)
    assert "cells.vwmodel" in caught.value.message


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00", '{"training":' * 100_000])
def test_damaged_descriptions(tmp_path: Path, content: str) -> None:
    model = save_model(tmp_path / "cells.vwmodel", CARD, WEIGHTS)
    (model / "model.json").write_text(content)
    with pytest.raises(UnreadableFileError, match=r"cells\.vwmodel"):
        load_card(model)


@pytest.mark.parametrize("name", ["../model.json", "/model.json", "x/../../model.json", "C:\\model.json"])
def test_archives_cannot_write_outside(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.vwmodel", "w") as archive:
        archive.writestr(name, "{}")
    with pytest.raises(UnreadableFileError, match="lead out"):
        import_model(tmp_path / "bad.vwmodel", tmp_path / "models")


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"hello\n" * 20, "it is text, not a model")])
def test_files_that_are_no_models(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "cells.vwmodel").write_bytes(content)
    with pytest.raises(UnreadableFileError, match=words):
        load_card(tmp_path / "cells.vwmodel")


def test_missing_models(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no such model"):
        load_card(tmp_path / "gone.vwmodel")
    model = save_model(tmp_path / "a.vwmodel", CARD, WEIGHTS)
    (model / "weights.safetensors").unlink()
    with pytest.raises(UnreadableFileError, match=r"no weights\.safetensors"):
        read_weights(model)


def _pickled() -> bytes:
    return b"\x80\x02}q\x00X\x06\x00\x00\x00weightq\x01K\x01s."


@pytest.mark.parametrize(
    "weights",
    [safetensors.numpy.save({"w": np.ones(99, np.float32)})[:-1], _pickled(), bytes(4096), b"", b"\xff" * 64],
    ids=["cut off", "pickle", "zeros", "empty", "endless header"],
)
def test_import_refuses_weights_that_are_not_whole_even_without_a_checksum(tmp_path: Path, weights: bytes) -> None:
    model = save_model(tmp_path / "cells.vwmodel", CARD, WEIGHTS)
    (model / "weights.safetensors").write_bytes(weights)
    card = model / "model.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "weights_sha256": ""}))
    for use in (verify_model, read_weights, lambda m: import_model(m, tmp_path / "models")):
        with pytest.raises(UnreadableFileError, match=r"cells\.vwmodel: the model is cut off or damaged"):
            use(model)
    assert not (tmp_path / "models").exists()


def test_zipped_zeros_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = save_model(tmp_path / "a.vwmodel", CARD, WEIGHTS) / "model.json"
    with zipfile.ZipFile(tmp_path / "bomb.vwmodel", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(card, "model.json")
        with archive.open("weights.safetensors", "w") as file:
            for _ in range(64):
                file.write(bytes(2**20))
    read: list[int] = []
    original = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: read.append(n) or original(self, n))
    with pytest.raises(UnreadableFileError, match="cut off or damaged"):
        read_weights(tmp_path / "bomb.vwmodel")
    assert sum(min(n, 64 * 2**20) if n >= 0 else 64 * 2**20 for n in read) < 65 * 2**20  # the card's bound, no weights


def test_weights_beyond_the_network_or_the_memory_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = save_model(tmp_path / "cells.vwmodel", CARD, WEIGHTS)
    size = (model / "weights.safetensors").stat().st_size
    assert read_weights(model, size).keys() == WEIGHTS.keys()
    with pytest.raises(UnreadableFileError, match="more than its network can take"):
        read_weights(model, size - 1)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=size))
    with pytest.raises(UserError, match="do not fit into the free memory"):
        read_weights(model)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.array([1, np.nan], np.float32), "not finite"),
        (np.array([1, -np.inf], np.float64), "not finite"),
        (np.array([True, False]), "no numbers"),
    ],
)
def test_weights_that_are_no_finite_numbers_are_refused_by_name(tmp_path: Path, bad: np.ndarray, words: str) -> None:
    model = save_model(tmp_path / "cells.vwmodel", CARD, {**WEIGHTS, "head.bias": bad})
    for use in (read_weights, verify_model, lambda path: import_model(path, tmp_path / "models")):
        with pytest.raises(
            UnreadableFileError, match=rf"cells\.vwmodel: its weights are damaged: head\.bias .*{words}"
        ):
            use(model)
    assert not list(tmp_path.glob("models/*")), "what is refused is not kept"


@pytest.mark.parametrize("edge", [5_000, 11_000, 30_000])
def test_huge_previews_are_left_out(tmp_path: Path, edge: int) -> None:
    model = save_model(tmp_path / "cells.vwmodel", CARD, WEIGHTS, PREVIEW)
    start = bytearray((model / "preview.png").read_bytes())
    start[16:24] = struct.pack(">II", edge, edge)  # width and height in the header chunk
    start[29:33] = struct.pack(">I", zlib.crc32(start[12:29]))
    (model / "preview.png").write_bytes(start)
    assert read_preview(model) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_pipes_and_devices_in_a_model_are_refused(tmp_path: Path, name: str, kind: str) -> None:
    model = save_model(tmp_path / "cells.vwmodel", CARD, WEIGHTS)
    (model / name).unlink()
    if kind == "pipe":
        os.mkfifo(model / name)
    else:
        (model / name).symlink_to("/dev/zero")
    with pytest.raises(UnreadableFileError, match=r"its .* is a pipe or a device, not a file"):
        import_model(model, tmp_path / "models")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"network": "stranger"}, "does not know the network “stranger”"),
        ({"network_arguments": {"features": [9]}}, "an entry that this version does not know: “features”"),
    ],
)
def test_a_network_of_another_version_is_refused_on_import(
    change: dict[str, object], said: str, tmp_path: Path
) -> None:
    path = save_model(tmp_path / "a.vwmodel", CARD.model_copy(update=change), WEIGHTS)
    with pytest.raises(UserError, match=said):
        import_model(path, tmp_path / "models")
    assert not (tmp_path / "models").exists()
