from __future__ import annotations

import pytest
from pydantic import ValidationError

from desktop_app.core.errors import UserError
from desktop_app.core.project import Item
from desktop_app.core.project.named_labels import FIRST_LAYER, free_layer_key


def test_an_image_has_one_layer_until_there_are_more() -> None:
    item = Item(name="a", image="a.tif")
    assert item.label_layers == {FIRST_LAYER: "Labels"}
    more = item.with_layer("l2", "Second reader").with_layer("l2", "Reader B").with_layer(FIRST_LAYER, "Reader A")
    assert more.label_layers == {FIRST_LAYER: "Reader A", "l2": "Reader B"}
    assert (more.layer_named("Reader B"), more.layer_named("Labels")) == ("l2", None)
    assert free_layer_key(more.label_layers) == "l3"
    assert Item.model_validate_json(more.model_dump_json()) == more


def test_names_are_unique_and_a_removed_layer_is_not_edited() -> None:
    item = Item(name="a", image="a.tif").with_layer("l2", "B").model_copy(update={"edited": "l2"})
    with pytest.raises(UserError, match="already has a label layer “B”"):
        item.with_layer("l3", "B")
    assert item.without_layer("l2") == Item(name="a", image="a.tif", id=item.id)


@pytest.mark.parametrize(
    "wrong", [{"edited": "l9"}, {"more_labels": [{"key": "../x", "name": "B"}]},
              {"more_labels": [{"key": "l2", "name": "Labels"}]}],
)  # fmt: skip
def test_files_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Item.model_validate({"name": "a", "image": "a.tif", **wrong})
