from __future__ import annotations

from desktop_app.core.imaging.shown_size import shown_size


def test_sizes_begin_with_x_and_leave_a_single_slice_out() -> None:
    assert shown_size((60, 512, 1024)) == "1,024 × 512 × 60"
    assert shown_size((1, 512, 1024)) == "1,024 × 512"
    assert shown_size((512, 1024)) == "1,024 × 512"
