"""Who a process is, told without the clock, so that setting the clock changes nobody's identity."""

from __future__ import annotations

import socket
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

_PROC = Path("/proc")
_START_FIELD = 22 - 3  # start time in clock ticks since boot, of the fields behind the name; proc_pid_stat(5)
_ENDED = ("Z", "X")  # states of a process that has ended, and of which the one that started it has not heard yet
_SAME_SECONDS = 2.0  # psutil rounds start times to the clock tick; only where no ticks are known


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process on a computer.

    Attributes:
        host: Name of the computer.
        pid: Number of the process; given anew once it has ended.
        started: Seconds since 1970 at its start, as the clock has it now.
        boot: Id of the computer's start; empty where the system gives none.
        ticks: Start of the process in ticks since then; None where the system gives none.
    """

    host: str
    pid: int
    started: float
    boot: str = ""
    ticks: int | None = None

    @classmethod
    def own(cls) -> ProcessIdentity:
        """Of this program."""
        return cls._running(psutil.Process())

    @classmethod
    def _running(cls, process: psutil.Process) -> ProcessIdentity:
        pid = process.pid
        return cls(socket.gethostname(), pid, process.create_time(), _boot_id(), _start_ticks(pid))

    @classmethod
    def of(cls, record: dict[str, Any]) -> ProcessIdentity | None:
        """From what ``as_record`` wrote, also by a version that knew no ticks; None where it names no process."""
        host, pid, started = record.get("host"), record.get("pid"), record.get("started")
        boot, ticks = record.get("boot", ""), record.get("ticks")  # missing in locks of earlier versions
        if not isinstance(host, str) or not isinstance(pid, int) or not isinstance(started, int | float):
            return None
        if not isinstance(boot, str) or not isinstance(ticks, int | None):
            return None
        return cls(host, pid, float(started), boot, ticks)

    def as_record(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self)

    @property
    def in_names(self) -> str:
        """For names of files that go with the process: computer, its start, number and start of the process."""
        started = f"{self.started:.0f}s" if self.ticks is None else str(self.ticks)
        return f"{_short(self.host)}-{_short(self.boot)}-{self.pid}-{started}"

    @classmethod
    def has_ended(cls, name: str) -> bool:
        """Whether ``in_names`` of a process of this computer tells one that does not run any more."""
        computer, _, rest = name.partition("-")
        number = rest.partition("-")[2].partition("-")[0]
        if computer != _short(socket.gethostname()) or not number.isdecimal():
            return False
        try:
            return cls._running(psutil.Process(int(number))).in_names != name
        except psutil.NoSuchProcess:
            return True
        except (psutil.Error, OverflowError):
            return False

    @property
    def is_here(self) -> bool:
        """Whether it was started on this computer."""
        return self.host == socket.gethostname()

    def is_alive(self) -> bool:
        """Whether it still runs; only for a process of this computer.

        On Linux the start of a process is counted from the start of the computer. Elsewhere the system keeps the time
        at which it began, which a later change of the clock does not touch.
        """
        if self.ticks is not None and self.boot:
            return self.boot == _boot_id() and _start_ticks(self.pid) == self.ticks
        try:
            process = psutil.Process(self.pid)
            ended = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
            return not ended and abs(process.create_time() - self.started) < _SAME_SECONDS
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:
            return True


def _short(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _boot_id() -> str:
    try:
        return (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _start_ticks(pid: int) -> int | None:
    """Start of a process that runs; None where it has ended, or the system does not say it."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        fields = text.rpartition(")")[2].split()  # the name in brackets may hold spaces and brackets
        return None if fields[0] in _ENDED else int(fields[_START_FIELD])
    except (OSError, ValueError, IndexError):
        return None
