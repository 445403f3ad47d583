"""Published models are listed, fetched, checked and converted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from desktop_app.cli.app import run_command
from desktop_app.core.config.catalogue import Catalogue, CatalogueEntry
from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, Progress, RecordingContext
from desktop_app.io import resuming
from desktop_app.io.downloads import OfflineError
from desktop_app.io.models import catalogue as shelf
from desktop_app.io.models import load_card
from desktop_app.io.models.tensors import read_tensors
from desktop_app.jobs.models.catalogue import download_model, published_models
from desktop_app.jobs.models.import_foreign import import_foreign
from desktop_app.jobs.models.library import list_models, own_models_folder
from tests.file_server import FileServer, file_server
from tests.jobs.foreign_models import write_exported


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_exported(tmp_path_factory.mktemp("exported") / "tiny.pth").read_bytes()


def entry(server: FileServer, **more: object) -> CatalogueEntry:
    known: dict[str, object] = {
        "name": "Tiny_v1", "title": "Tiny", "kind": "model", "summary": "Finds phantoms.",
        "url": server.url("/tiny.pth"),
        "page": "https://example.org/tiny", "licence": "CC0", "citation": "Nobody 2026", "class_names": ["mito"],
        "norms": {"mean": 0.57571, "std": 0.12765}, "divisor": 128, "centre_distance": 7,
    }  # fmt: skip
    return CatalogueEntry.model_validate({**known, **more})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, weights: bytes) -> Iterator[FileServer]:
    """A server with a published model, and a catalogue that leads to it."""
    monkeypatch.setattr(resuming, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server(files={"/tiny.pth": weights, "/encoder.pth.tar": weights}) as running:
        encoder = entry(
            running,
            name="enc",
            title="Encoder",
            kind="encoder",
            url=running.url("/encoder.pth.tar"),
            encoder="resnet50",
        )
        offer(monkeypatch, entry(running), encoder)
        yield running


def offer(monkeypatch: pytest.MonkeyPatch, *entries: CatalogueEntry) -> None:
    catalogue = Catalogue(entries=entries)
    for module in ("io.models.catalogue", "jobs.models.catalogue", "jobs.models.import_foreign"):
        monkeypatch.setattr(f"desktop_app.{module}.load_catalogue", lambda: catalogue)


def test_the_catalogue_of_the_program_is_whole() -> None:
    shelf.load_catalogue.cache_clear()
    entries = shelf.load_catalogue().entries
    models = [e for e in entries if e.kind == "model"]
    cellseg3d = [e for e in models if e.name.startswith("CellSeg3D_")]
    others = [e for e in models if e not in cellseg3d]
    assert [e.name for e in others] == ["MitoNet_v1", "MitoNet_v1_mini", "NucleoNet_base_v2", "DropNet_base_v1"]
    assert len({e.url for e in entries}) == len({e.name for e in entries}) == len(entries)
    for each in entries:
        if each in cellseg3d:
            continue
        assert each.url.startswith("https://zenodo.org/record")
        assert each.page.split("/")[-1] in each.url
        assert each.page.split("/")[-1] in each.licence
        assert each.record == f"https://zenodo.org/api/records/{each.page.split('/')[-1]}"
    assert all(e.norms and e.divisor and e.class_names for e in others)
    networks = {e.name.partition("_")[2] for e in cellseg3d}
    assert networks == {"SegResNet", "SwinUNetR", "TRAILMAP_MS", "VNet", "WNet3D"}
    for each in cellseg3d:
        assert each.url == f"{each.page}/resolve/main/{each.file_name}"
        assert (each.file_name.endswith(".tar.gz"), each.member.endswith(".pth"), each.divisor) == (True, True, 1)
    assert [e.encoder for e in entries if e.kind == "encoder"] == ["resnet50"]


def test_only_secure_addresses_are_allowed(server: FileServer) -> None:
    with pytest.raises(ValidationError, match="https"):
        entry(server, url="http://example.org/a.pth")


def test_a_damaged_catalogue_is_explained(tmp_path: Path) -> None:
    (tmp_path / "models.json").write_text('{"entries": [{"name": "a"}]}')
    with pytest.raises(UserError, match=r"models\.json is not valid"):
        shelf.read_catalogue(tmp_path / "models.json")


def test_a_published_model_becomes_an_own_one(server: FileServer) -> None:
    ctx = RecordingContext()
    assert [p.place for p in published_models()] == [None, None]
    place = download_model("tiny_V1", ctx)
    card = load_card(place)
    assert place.parent == own_models_folder()
    assert (card.name, card.class_names, card.licence, card.citation) == ("Tiny", ("mito",), "CC0", "Nobody 2026")
    assert card.decode["centre_distance"] == 7
    assert [p.place for p in published_models()] == [place, None]
    assert not shelf.downloaded_path(entry(server)).exists()
    shares = [event.fraction for event in ctx.of_kind(Progress)]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_the_first_checksum_is_told_and_held(server: FileServer, weights: bytes) -> None:
    ctx = RecordingContext()
    download_model("Tiny_v1", ctx)
    assert any(hashlib.sha256(weights).hexdigest() in note.text for note in ctx.of_kind(Note))
    server.files["/tiny.pth"] = weights + b" "
    with pytest.raises(UserError, match="not the one that was downloaded from there before"):
        download_model("Tiny_v1", RecordingContext())
    assert len(list_models()) == 1


def test_a_published_checksum_is_compulsory(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, weights: bytes
) -> None:
    offer(monkeypatch, entry(server, sha256=hashlib.sha256(weights).hexdigest()))
    download_model("Tiny_v1", RecordingContext())
    offer(monkeypatch, entry(server, sha256="0" * 64))
    with pytest.raises(UserError, match="does not have the checksum that its publisher states"):
        download_model("Tiny_v1", RecordingContext())


def record(server: FileServer, weights: bytes, **changed: object) -> None:
    """What an archive says of the file."""
    md5 = hashlib.md5(weights).hexdigest()
    said = {
        "id": 1,
        "metadata": {"license": {"id": "cc-by-4.0"}},
        "files": [{"key": "other.txt", "checksum": "md5:0"}, {"key": "tiny.pth", "checksum": f"md5:{md5}"}],
    }
    server.files["/record"] = json.dumps({**said, **changed}).encode()


def test_the_record_of_the_archive_states_checksum_and_licence(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, weights: bytes
) -> None:
    offer(monkeypatch, entry(server, record=server.url("/record")))
    record(server, weights)
    ctx = RecordingContext()
    assert load_card(download_model("Tiny_v1", ctx)).licence == "cc-by-4.0"
    assert ctx.of_kind(Note) == []
    record(server, weights, files=[{"filename": "tiny.pth", "checksum": "0" * 32}], metadata={"license": "mit"})
    with pytest.raises(UserError, match="does not have the checksum that its publisher states"):
        download_model("Tiny_v1", RecordingContext())


@pytest.mark.parametrize("said", [None, b"", b"[1]", b'{"files": {"a": 1}}', b'{"files": [1], "metadata": [2]}'])
def test_a_record_that_does_not_answer_counts_as_not_stated(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, said: bytes | None
) -> None:
    offer(monkeypatch, entry(server, record=server.url("/record")))
    if said is not None:
        server.files["/record"] = said
    ctx = RecordingContext()
    assert load_card(download_model("Tiny_v1", ctx)).licence == "CC0"
    assert "No checksum is published" in ctx.of_kind(Note)[0].text


def test_encoder_weights_stay_a_file(server: FileServer, weights: bytes) -> None:
    path = download_model("enc", RecordingContext())
    assert path.read_bytes() == weights
    assert published_models()[1].place == path
    assert shelf.pretrained_encoder("resnet50", RecordingContext()) == path
    assert len(server.requests) == 1
    assert read_tensors(path).tensors


def test_an_encoder_without_weights_or_internet_is_a_note(server: FileServer) -> None:
    ctx = RecordingContext()
    assert shelf.pretrained_encoder("resnet18", ctx) is None
    assert "no pretrained weights for the encoder resnet18" in ctx.of_kind(Note)[-1].text
    server.status = 503
    assert shelf.pretrained_encoder("resnet50", ctx) is None
    note = ctx.of_kind(Note)[-1]
    assert note.level == "warning"
    assert "127.0.0.1 is too busy" in note.text


def test_an_unknown_name_is_answered_with_the_known_ones(server: FileServer) -> None:
    with pytest.raises(UserError, match="no “MitoNet” in the catalogue") as caught:
        download_model("MitoNet", RecordingContext())
    assert "Tiny_v1, enc" in caught.value.hint


def test_offline_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server() as gone:
        offer(monkeypatch, entry(gone))
    with pytest.raises(OfflineError, match="cannot be reached"):
        download_model("Tiny_v1", RecordingContext())


def test_the_command_line_lists_and_downloads(server: FileServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["models", "catalogue"]) == 0
    shown = capsys.readouterr().out
    assert "Tiny_v1" in shown
    assert "not here" in shown
    assert "Licence: CC0" in shown
    assert run_command(["models", "download", "Tiny_v1", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "result"
    assert Path(events[-1]["model"]).is_dir()
    assert run_command(["models", "list"]) == 0
    assert "Tiny" in capsys.readouterr().out
    assert run_command(["models", "download", "Nothing"]) == 2


def test_the_command_line_imports(tmp_path: Path, weights: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.pth").write_bytes(weights)
    assert run_command(["models", "import", str(tmp_path / "a.pth")]) == 2
    assert "no description of the model beside a.pth" in " ".join(capsys.readouterr().err.split())
    (tmp_path / "b.yaml").write_text("labels: [1]\nnorms: {mean: 0.5, std: 0.1}\n")
    arguments = ["models", "import", str(tmp_path / "a.pth"), "--config", str(tmp_path / "b.yaml"), "--name", "Mine"]
    assert run_command([*arguments, "--to", str(tmp_path / "models")]) == 0
    assert load_card(tmp_path / "models" / "Mine.vwmodel").class_names == ("Class 1",)


def test_a_model_that_a_killed_program_had_converted_is_not_loaded_again(
    server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def convert_and_die(*given: Any) -> None:
        import_foreign(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("desktop_app.jobs.models.catalogue.import_foreign", convert_and_die)
        with pytest.raises(KeyboardInterrupt):
            download_model("Tiny_v1", RecordingContext())
    assert shelf.downloaded_path(entry(server)).exists()
    asked = len(server.requests)
    place = download_model("Tiny_v1", RecordingContext())
    assert [model.path for model in list_models()] == [place]
    assert len(server.requests) == asked
    assert not shelf.downloaded_path(entry(server)).exists()
