"""Updates: offered when newer, fetched whole, with copies of the settings and a way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.errors import UserError
from desktop_app.core.job import RecordingContext
from desktop_app.io.layers.state import AppChoice, confirm_app, read_state, write_state
from desktop_app.io.settings import save_settings
from desktop_app.io.version import own_version
from desktop_app.jobs.layers.updates import go_back, install_update, look_for_update
from tests.built_layers import installed, published
from tests.file_server import file_server

FILES = {"app.json": "{}"}


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return installed(tmp_path, monkeypatch)


def test_the_same_version_is_no_update(tmp_path: Path) -> None:
    source = published(tmp_path, "app", own_version(), FILES)
    assert look_for_update(str(source), RecordingContext()).offer is None


def test_a_newer_one_from_a_server_is_installed_with_copies_and_undone(tmp_path: Path) -> None:
    save_settings(AppSettings(theme="dark"))
    source = published(tmp_path, "app", "99.0.0", FILES, changes="- Better.")
    with file_server(files={f"/{p.name}": p.read_bytes() for p in source.iterdir()}) as server:
        look = look_for_update(server.url("/"), RecordingContext())
        assert look.offer.manifest.changes == "- Better."
        copies = install_update(look, RecordingContext())
    assert '"dark"' in (copies / "settings.json").read_text(encoding="utf-8")
    state = read_state().app
    assert state.folder.startswith("app-99.0.0-")
    assert not state.confirmed
    confirm_app()
    assert read_state().app.confirmed
    assert go_back(RecordingContext()) == "the installed version"
    assert read_state().app is None
    with pytest.raises(UserError, match="no earlier version"):
        go_back(RecordingContext())


def test_the_way_back_leads_to_the_update_before(tmp_path: Path) -> None:
    for version in ("98.0.0", "99.0.0"):
        source = published(tmp_path, "app", version, FILES)
        install_update(look_for_update(str(source), RecordingContext()), RecordingContext())
    assert go_back(RecordingContext()).startswith("app-98.0.0-")
    assert read_state().app == AppChoice(folder=read_state().app.folder, confirmed=True)


def test_newer_libraries_need_the_installer(tmp_path: Path) -> None:
    source = published(tmp_path, "app", "99.0.0", FILES, runtime="another")
    look = look_for_update(str(source), RecordingContext())
    assert look.whole
    with pytest.raises(UserError, match="needs newer libraries"):
        install_update(look, RecordingContext())


def test_a_damaged_state_counts_as_none(tmp_path: Path) -> None:
    write_state(read_state())
    from desktop_app.io.layers.state import layers_folder

    (layers_folder() / "layers.json").write_text("{", encoding="ascii")
    assert read_state().app is None
