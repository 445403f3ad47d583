"""Fetching a layer from a folder or a server: whole and checked, or not at all."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.job import RecordingContext
from desktop_app.io.layers import store
from desktop_app.io.layers.state import layers_folder
from desktop_app.jobs.layers.fetch import fetch_layer, look_for_layer
from tests.built_layers import installed, published
from tests.file_server import file_server
from tests.kill_points import faults

FILES = {"desktop_app/a.py": "x = 1\n" * 400, "app.json": "{}", "deep/er/b.bin": "".join(map(chr, range(32, 800)))}


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return installed(tmp_path, monkeypatch)


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    return published(tmp_path, "app", "0.2.0", FILES)


def test_from_a_folder(layer: Path) -> None:
    context = RecordingContext()
    offer = look_for_layer(str(layer), "app", context)
    assert len(offer.manifest.parts) > 2
    assert offer.to_fetch == 0
    assert "on the disk" in offer.in_words()
    folder = fetch_layer(offer, context)
    assert folder.parent == layers_folder()
    assert {name: (folder / name).read_text(encoding="utf-8") for name in FILES} == FILES


def test_from_a_server_and_on_where_it_broke(tmp_path: Path) -> None:
    context = RecordingContext()
    noise = random.Random(1).randbytes(300_000).hex()
    layer = published(tmp_path, "app", "0.3.0", {"app.json": "{}", "noise.txt": noise}, most=250_000)
    with file_server(files={f"/{p.name}": p.read_bytes() for p in layer.iterdir()}) as server:
        offer = look_for_layer(server.url("/"), "app", context)
        assert offer.to_fetch == offer.manifest.packed
        server.cut_after = [200_000]
        folder = fetch_layer(offer, context)
        assert any(asked is not None for asked in server.requests)
    assert (folder / "noise.txt").read_text(encoding="utf-8") == noise


def test_a_damaged_part_is_named_and_nothing_stays(layer: Path) -> None:
    offer = look_for_layer(str(layer), "app", RecordingContext())
    part = layer / offer.manifest.parts[1].name
    first, *others = part.read_bytes()
    part.write_bytes(bytes([first ^ 1, *others]))
    with pytest.raises(UserError, match=f"{part.name} is damaged"):
        fetch_layer(offer, RecordingContext())
    assert list(layers_folder().iterdir()) == []


def test_a_changed_description_is_refused(layer: Path) -> None:
    manifest = next(layer.glob("*.json"))
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("0.2.0", "0.3.0"), encoding="utf-8")
    with pytest.raises(UserError, match="not signed"):
        look_for_layer(str(layer), "app", RecordingContext())
    with pytest.raises(UserError, match="There is no"):
        look_for_layer(str(layer), "gpu", RecordingContext())


def test_too_little_room_is_said_before_anything_is_fetched(layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = look_for_layer(str(layer), "app", RecordingContext())
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(UserError, match="too little room"):
        fetch_layer(offer, RecordingContext())


def test_from_source_there_is_nothing_to_replace(layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOXELWRIGHT_LAYERS")
    with pytest.raises(UserError, match="not installed by an installer"):
        look_for_layer(str(layer), "app", RecordingContext())


def test_a_path_that_leads_out_is_refused(tmp_path: Path, layer: Path) -> None:
    offer = look_for_layer(str(layer), "app", RecordingContext())
    import io
    import tarfile

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("../outside.txt")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    evil = tmp_path / "evil.tar"
    evil.write_bytes(archive.getvalue())
    with pytest.raises(UserError, match="does not belong"):
        store.unpack(offer.manifest, [evil], RecordingContext())
    assert not (layers_folder().parent / "outside.txt").exists()
    assert json.loads(next(layer.glob("*.json")).read_text(encoding="utf-8"))["kind"] == "app"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a program is killed as a fork of this one")
def test_a_layer_killed_on_its_way_goes_on_and_leaves_nothing(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "begin").mkdir()
    monkeypatch.setenv("VOXELWRIGHT_HOME", str(tmp_path / "place"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server(files={f"/{p.name}": p.read_bytes() for p in layer.iterdir()}) as server:

        def work(_: Path) -> None:
            fetch_layer(look_for_layer(server.url("/"), "app", RecordingContext()), RecordingContext())

        assert list(faults(work, tmp_path / "begin", tmp_path / "place", every=13)) == []


def test_a_layer_that_is_unpacked_is_not_downloaded_again(layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server(files={f"/{p.name}": p.read_bytes() for p in layer.iterdir()}) as server:
        offer = look_for_layer(server.url("/"), "app", RecordingContext())
        folder = fetch_layer(offer, RecordingContext())
        asked = len(server.requests)
        assert fetch_layer(offer, RecordingContext()) == folder
        assert len(server.requests) == asked
