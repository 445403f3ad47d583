"""Which models may be used together, and what they are as one."""

from __future__ import annotations

from typing import Any

import pytest

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.together import difference, together
from desktop_app.core.errors import UserError
from tests.cards import semantic_card


def card(name: str, **changes: Any) -> ModelCard:
    return semantic_card(name=name, weights_sha256=name * 3, **changes)


def test_one_model_stays_as_it_is() -> None:
    alone = card("a")
    assert together([alone]) is alone


def test_several_are_one_with_a_name_a_divisor_and_a_checksum_of_all() -> None:
    both = together([card("a", divisor=(2, 4, 4)), card("b", divisor=(3, 6, 2))])
    assert (both.name, both.divisor, both.patch_size) == ("a + b", (6, 12, 4), card("a").patch_size)
    assert both.weights_sha256 != together([card("a"), card("c")]).weights_sha256
    assert len(both.weights_sha256) == 64


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"class_names": ("Vessel",)}, "other classes"),
        ({"input_channels": 2}, "another number of image channels"),
        ({"normalisation": {"kind": "zscore"}}, "another grey scale"),
        ({"recipe": "unsupervised"}, "another method"),
        ({"prediction": {"shrink": 2.0}}, "another scale at which it learned"),
    ],
)
def test_what_does_not_go_together_is_named(changes: dict[str, Any], said: str) -> None:
    assert difference(card("a"), card("b", **changes)) == said
    with pytest.raises(UserError, match=f"“b” cannot be used together with “a”: it has {said}"):
        together([card("a"), card("b", **changes)])


def test_models_of_a_method_that_does_not_say_so_work_alone() -> None:
    assert difference(card("a", recipe="toy"), card("b", recipe="toy"))


def test_a_model_beside_itself_is_refused() -> None:
    with pytest.raises(UserError, match="“a” is named twice, or is a copy"):
        together([card("b"), card("a"), card("a")])
