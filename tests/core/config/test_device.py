"""Where a window offers to compute."""

from __future__ import annotations

import pytest

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.config.device import device_choices


@pytest.mark.parametrize(("system", "gpu"), [("linux", "cuda"), ("win32", "cuda"), ("darwin", "mps")])
def test_each_system_offers_the_gpu_that_it_can_have(system: str, gpu: str) -> None:
    offered = device_choices(system)
    assert list(offered) == ["auto", "cpu", gpu]
    assert [AppSettings(device=name).device for name in offered] == list(offered)
