"""Every kind of label store keeps the same promises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from desktop_app.core.imaging import Index3
from tests.io.labels.stores import InMemory, Machine, OnDisk, OnDiskWithoutMemory


@pytest.mark.parametrize("shape", [(9, 36, 36), (1, 36, 36)], ids=["volume", "flat"])
@pytest.mark.parametrize("kind", [InMemory, OnDisk, OnDiskWithoutMemory])
def test_tools_steps_saving_and_crashes_agree_with_a_list_of_states(kind: type[Any], shape: Index3) -> None:
    machine = type("Driven", (Machine,), {"kind": kind, "shape": shape})
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=20, stateful_step_count=40, deadline=None),
    )
