from __future__ import annotations

import pytest

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.several_datasets import PairSource, combined
from desktop_app.core.errors import UserError
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme


def source(name: str, scheme: LabelScheme | None = None, **details: object) -> PairSource:
    pair = PairConfig(name="a", image=f"{name}/a.tif", group="mouse")
    return PairSource(name, (pair,), scheme=scheme, **details)  # type: ignore[arg-type]


def scheme(*names: str, dense: bool = True) -> LabelScheme:
    classes = tuple(LabelClass(value=n, name=name, color=(0, 0, 0)) for n, name in enumerate(names, start=1))
    return LabelScheme(kind="classes", classes=classes, zero_is_background=dense)


def test_images_of_one_name_stay_apart_with_their_weights() -> None:
    found = combined([source("wild"), source("wild", weight=0.25), source("public", role="validation")])
    assert [pair.name for pair in found] == ["wild/a", "wild 2/a", "public/a"]
    assert [pair.group for pair in found] == ["wild/mouse", "wild 2/mouse", "public/mouse"]
    assert [(pair.weight, pair.role) for pair in found] == [(1, "auto"), (0.25, "auto"), (1, "validation")]


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (scheme("axon", "soma"), scheme("soma", "axon"), "class 1 is “axon” in A, “soma” in B"),
        (scheme("axon"), LabelScheme(), "those of A are classes, those of B objects"),
        (scheme("axon"), scheme("axon", dense=False), "unknown in B, and background in the other"),
        (LabelScheme(zero_is_background=False), LabelScheme(), "unknown in A, and background in the other"),
    ],
)
def test_labels_that_mean_different_things_are_refused(one: LabelScheme, other: LabelScheme, words: str) -> None:
    with pytest.raises(UserError, match=words):
        combined([source("A", one), source("B", other)])


def test_labels_that_agree_go_together() -> None:
    assert len(combined([source("A", scheme("axon")), source("B", scheme("Axon", "soma")), source("C")])) == 3
    assert len(combined([source("A", LabelScheme()), source("B", LabelScheme())])) == 2
