"""What outlives an interrupted run, and who may use it."""

from contextlib import suppress
from pathlib import Path

import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled
from desktop_app.jobs.batch.inputs import BatchCase
from desktop_app.jobs.batch.working_folder import clear_working_folders, working_folder


@pytest.fixture
def case(tmp_path: Path) -> BatchCase:
    (tmp_path / "out").mkdir()
    return BatchCase(0, tmp_path / "em.tif", "em", tmp_path / "out" / "em.tif", tmp_path / "out" / "em.csv")


def interrupted(case: BatchCase, mark: str, error: BaseException, *, content: str = "slices") -> None:
    with suppress(type(error)), working_folder(case, mark) as folder:
        (folder / "xy.lasting").write_text(content)
        (folder / "large.maps").write_text("x")
        raise error


def found(case: BatchCase, mark: str, *, anew: bool = False) -> list[str]:
    with working_folder(case, mark, anew=anew) as folder:
        return sorted(p.name for p in folder.iterdir() if p.name != "settings.lasting")


@pytest.mark.parametrize("error", [JobCancelled(), UserError("The disk is full."), MemoryError()])
def test_the_next_run_with_the_same_settings_finds_lasting_files(case: BatchCase, error: BaseException) -> None:
    interrupted(case, "a", error)
    assert not (case.labels.parent / ".em.working" / "large.maps").exists()
    assert found(case, "a") == ["xy.lasting"]
    assert not list(case.labels.parent.iterdir())


def test_other_settings_or_a_wish_begin_anew(case: BatchCase) -> None:
    interrupted(case, "a", JobCancelled())
    assert found(case, "b") == []
    interrupted(case, "a", JobCancelled())
    assert found(case, "a", anew=True) == []


def test_another_version_begins_anew(case: BatchCase, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(case, "a", JobCancelled())
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.0.0")
    assert found(case, "a") == []


def test_nothing_stays_of_errors_that_would_come_again_or_where_nothing_was_found(case: BatchCase) -> None:
    interrupted(case, "a", ValueError())
    assert not list(case.labels.parent.iterdir())
    interrupted(case, "a", JobCancelled(), content="")
    assert not list(case.labels.parent.iterdir())


def test_a_program_that_was_killed_leaves_the_same(case: BatchCase) -> None:
    with working_folder(case, "a") as folder:
        (folder / "xy.lasting").write_text("slices")
        (folder / "other.runs").write_text("x")
        copies = {p.name: p.read_bytes() for p in folder.iterdir()}
    folder.mkdir()
    for name, content in copies.items():
        (folder / name).write_bytes(content)
    assert found(case, "a") == ["xy.lasting"]


def test_what_was_killed_with_another_image_keeps_what_that_goes_on_with(case: BatchCase) -> None:
    folder = case.labels.parent
    begun, new, foreign = (folder / f".{name}.working" for name in ("begun", "new", "foreign"))
    for one in (begun, new, foreign):
        one.mkdir()
    (foreign / "large.maps").write_text("of somebody else")
    for name in ("settings.lasting", "xy.lasting", "large.maps"):
        (begun / name).write_text("a")
    empty = folder / ".empty.working"
    empty.mkdir()
    (empty / "settings.lasting").write_text("a")
    (empty / "large.maps").write_text("x")
    clear_working_folders([folder])
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [
        ".begun.working", ".begun.working/settings.lasting", ".begun.working/xy.lasting",
        ".foreign.working", ".foreign.working/large.maps",
    ]  # fmt: skip
