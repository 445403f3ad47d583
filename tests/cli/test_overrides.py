"""--set finds the right setting, reads its value, and says what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.cli.overrides import Setting, changed, find_setting
from desktop_app.cli.settings_help import inference_settings, training_settings
from desktop_app.core.errors import UserError

TRAINING = training_settings("semantic", "unet3d")
INFERENCE = inference_settings("semantic")


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("optimisation.iterations=300", ("optimisation", "iterations"), 300),
        ("iterations=300", ("optimisation", "iterations"), 300),
        ("patch_size=16,48,48", ("patch_size",), (16, 48, 48)),
        ("patch_size=(16, 48, 48)", ("patch_size",), (16, 48, 48)),
        ("augmentation.flip=no", ("augmentation", "flip"), False),
        ("separate_objects=false", ("recipe_parameters", "separate_objects"), False),
        ("network_arguments.channels=32", ("network_arguments", "channels"), 32),
        ("learning_rate=1e-4", ("optimisation", "learning_rate"), 1e-4),
        ("seed=7", ("seed",), 7),
        ("dataset.split.seed=7", ("dataset", "split", "seed"), 7),
        ("dataset.unlabelled=none", ("dataset", "unlabelled"), None),
    ],
)
def test_values_land_where_they_belong(text: str, place: tuple[str, ...], value: object) -> None:
    found = changed({}, [text], TRAINING)
    for name in place:
        found = found[name]
    assert found == value


def test_last_of_two_assignments_holds_and_the_input_stays_as_it_was() -> None:
    before = {"optimisation": {"iterations": 10, "batch_size": 4}}
    after = changed(before, ["iterations=20", "iterations=30"], TRAINING)
    assert after == {"optimisation": {"iterations": 30, "batch_size": 4}}
    assert before["optimisation"]["iterations"] == 10


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("iteratons=3", "no setting “iteratons”", "Did you mean optimisation.iterations?"),
        ("optimisation.batchsize=3", "no setting", "Did you mean optimisation.batch_size"),
        ("zzz=3", "no setting “zzz”", "--help"),
        ("iterations", "lacks a value", "key=value"),
        ("iterations=0", "not possible", "1 to 1000000"),
        ("iterations=many", "not possible", "1 to 1000000"),
        ("patch_size=16,48", "not possible", "3 numbers"),
        ("flip=perhaps", "not possible", "true or false"),
        ("dataset.kind=things", "not possible", "classes or objects"),
        ("elastic=99", "not possible", "0 to 20 px"),
    ],
)
def test_wrong_assignments_say_what_would_be_right(text: str, message: str, hint: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        changed({}, [text], TRAINING)
    assert hint in caught.value.hint


def test_a_key_that_fits_twice_must_be_written_in_full() -> None:
    field = TRAINING["augmentation.flip"].field
    twice = {key: Setting(tuple(key.split(".")), field) for key in ("left.flip", "right.flip")}
    with pytest.raises(UserError, match="could mean") as caught:
        find_setting("flip", twice)
    assert "in full" in caught.value.hint


def test_prediction_and_decode_of_panoptic_models_can_be_set() -> None:
    texts = ["plane=xz", "downsampling=2", "median=5", "votes=1", "keep_directions=yes", "replicas=2"]
    found = changed({}, texts, inference_settings("panoptic"))
    assert found == {
        "prediction": {"plane": "xz", "downsampling": 2},
        "decode": {"median": 5, "votes": 1, "keep_directions": True},
        "replicas": 2,
    }
    with pytest.raises(UserError, match="downsampling=3"):
        changed({}, ["downsampling=3"], inference_settings("panoptic"))


def test_decode_and_tiling_can_be_set_for_inference() -> None:
    found = changed({}, ["threshold=0.4", "memory_gb=1.5", "objects=connected", "channels=1,2"], INFERENCE)
    assert found == {
        "decode": {"threshold": 0.4, "objects": "connected"},
        "tiling": {"memory_gb": 1.5},
        "channels": (1, 2),
    }


def test_every_setting_says_what_is_allowed_and_has_a_title() -> None:
    for setting in {**TRAINING, **INFERENCE}.values():
        assert setting.allowed
        if setting.key.startswith(("optimisation.", "augmentation.", "decode.", "tiling.")):
            assert setting.field.title, setting.key


@given(st.integers(min_value=1, max_value=1_000_000), st.floats(min_value=0, max_value=0.5))
def test_what_is_written_is_what_is_read(iterations: int, warm_up: float) -> None:
    found = changed({}, [f"iterations={iterations}", f"warm_up={warm_up!r}"], TRAINING)
    assert found == {"optimisation": {"iterations": iterations, "warm_up": warm_up}}


def test_groups_within_may_be_left_out() -> None:
    """Weights of a loss had no group of their own in earlier versions."""
    settings = training_settings("semantic", "unet3d")
    values = changed({}, ["recipe_parameters.dice_weight=2"], settings)
    assert values == {"recipe_parameters": {"loss_parameters": {"dice_weight": 2.0}}}
    with pytest.raises(UserError, match=r"no setting “augmentation\.dice_weight”"):
        changed({}, ["augmentation.dice_weight=2"], settings)
