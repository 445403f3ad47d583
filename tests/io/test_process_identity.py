"""The same process is known again, whatever the clock says."""

from __future__ import annotations

import sys
from dataclasses import replace

import psutil
import pytest

from desktop_app.io.process_identity import ProcessIdentity


def test_this_program_knows_itself() -> None:
    me = ProcessIdentity.own()
    assert me.is_here
    assert me.is_alive()
    assert ProcessIdentity.of(me.as_record()) == me


@pytest.mark.skipif(sys.platform != "linux", reason="counts the clock ticks of Linux")
@pytest.mark.parametrize("seconds", [-86_400.0, 3.0, 86_400.0])
def test_a_clock_that_was_set_changes_nobody(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    me = ProcessIdentity.own()
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: real(self) + seconds)
    assert me.is_alive()


def test_another_process_with_the_number_is_another() -> None:
    me = ProcessIdentity.own()
    if me.ticks is not None:
        assert not replace(me, ticks=me.ticks + 1).is_alive()
        assert not replace(me, boot="before").is_alive()
    assert not replace(me, ticks=None, started=me.started - 60).is_alive()


def test_records_of_earlier_versions_are_read() -> None:
    me = ProcessIdentity.own()
    known = ProcessIdentity.of({"token": "x", "user": "ada", "host": me.host, "pid": me.pid, "started": me.started})
    assert known is not None
    assert (known.ticks, known.boot, known.is_alive()) == (None, "", True)


@pytest.mark.parametrize("change", [{"pid": "1"}, {"host": None}, {"started": None}, {"ticks": "x"}, {"boot": 7}])
def test_damaged_records_name_nobody(change: dict[str, object]) -> None:
    assert ProcessIdentity.of({**ProcessIdentity.own().as_record(), **change}) is None


def test_a_name_tells_whether_its_process_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    me = ProcessIdentity.own()
    assert not ProcessIdentity.has_ended(me.in_names)
    assert ProcessIdentity.has_ended(replace(me, pid=2**22 + 1).in_names)
    assert ProcessIdentity.has_ended(replace(me, ticks=None, started=me.started - 60).in_names)
    if me.ticks is not None:
        assert ProcessIdentity.has_ended(replace(me, ticks=me.ticks + 1).in_names)
        assert ProcessIdentity.has_ended(replace(me, boot="before").in_names)
    assert not ProcessIdentity.has_ended(replace(me, host="another").in_names)
    assert not any(map(ProcessIdentity.has_ended, ("", "x", "notes-1-2", "-".join(me.in_names.split("-")[:2]))))

    def refused(*_: object) -> float:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "create_time", refused)
    assert not ProcessIdentity.has_ended(me.in_names)
