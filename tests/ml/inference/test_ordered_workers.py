"""Pieces through several threads."""

import itertools
import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from desktop_app.core.job import JobCancelled
from desktop_app.ml.inference.ordered_workers import OrderedWorkers


def nothing() -> None:
    """Never cancels."""


def uneven(piece: int) -> int:
    time.sleep(random.random() * 0.003)
    return piece * piece


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order_however_long_each_takes(workers: int) -> None:
    conveyor = OrderedWorkers(iter(range(40)), [uneven] * workers, 3, nothing, threading.Event())
    assert list(conveyor) == [n * n for n in range(40)]
    assert conveyor.timings.working > 0


def test_no_more_is_read_than_can_be_taken() -> None:
    read: list[int] = []

    def pieces() -> Iterator[int]:
        for number in itertools.count():
            read.append(number)
            yield number

    conveyor = OrderedWorkers(pieces(), [lambda n: n, lambda n: n], 4, nothing, threading.Event())
    with closing(iter(conveyor)) as results:
        for _ in range(3):
            next(results)
        time.sleep(0.1)
        assert len(read) <= 3 + 4 + 3 + 2 + 1  # taken, ahead, queued, in the hands of workers, in that of the reader


def fails_at_five(piece: int) -> int:
    if piece == 5:
        raise ValueError("five")
    return piece


def test_an_error_reaches_the_one_who_takes_and_ends_all_threads() -> None:
    before = threading.active_count()
    taken: list[int] = []
    conveyor = OrderedWorkers(iter(range(100)), [fails_at_five] * 3, 4, nothing, threading.Event())
    with pytest.raises(ValueError, match="five"):
        taken.extend(conveyor)
    assert taken == sorted(taken)
    assert threading.active_count() == before


def test_an_error_while_reading_does_so_too() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(OrderedWorkers(pieces(), [lambda n: n], 2, nothing, threading.Event()))


def test_cancelling_does_not_wait_for_results() -> None:
    stop, begun = threading.Event(), threading.Event()

    def patient(piece: int) -> int:
        begun.set()
        stop.wait(30)
        return piece

    def check() -> None:
        if begun.is_set():
            raise JobCancelled

    with pytest.raises(JobCancelled):
        list(OrderedWorkers(iter(range(9)), [patient], 2, check, stop))
    assert stop.is_set()


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(OrderedWorkers(iter(()), [uneven], 2, nothing, threading.Event())) == []
