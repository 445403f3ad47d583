from __future__ import annotations

from desktop_app.core.curve_names import curve_title


def test_curves_have_plain_names() -> None:
    assert curve_title("loss/train") == "training images"
    assert curve_title("loss/depth") is None
    assert curve_title("score/dice/Nucleus") is None
    assert curve_title("score/dice/Nucleus", classes=2) == "Nucleus (Dice)"
    assert curve_title("learning rate") is None
    assert curve_title("loss/part 2") == "part 2"
    assert curve_title("score/score") is None
