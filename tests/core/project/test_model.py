"""A project never holds two images of one name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from desktop_app.core.errors import UserError
from desktop_app.core.project import Item, Project


@given(st.lists(st.sampled_from(["a", "b", "a (2)", "a (3)"]), max_size=12))
def test_any_images_can_be_added(names: list[str]) -> None:
    project = Project(name="p")
    for name in names:
        project, item = project.with_item(f"{name}.tif", name)
        assert project.item(item.id) == item
        assert item.name.startswith(name)
    assert len({i.name for i in project.items}) == len({i.id for i in project.items}) == len(names)
    assert Project.model_validate_json(project.model_dump_json()) == project


def test_replacing_and_removing() -> None:
    project, first = Project(name="p").with_item("a.tif", "a")
    project, second = project.with_item("b.tif", "b")
    changed = project.replaced(second.model_copy(update={"notes": "blurred", "done_slices": (1, 5)}))
    assert changed.item(second.id).notes == "blurred"
    assert changed.item(first.id) == first
    assert [i.id for i in changed.without(first.id).items] == [second.id]
    with pytest.raises(UserError, match="already an image named “a”"):
        project.replaced(second.model_copy(update={"name": "a"}))
    with pytest.raises(KeyError):
        project.without(first.id).item(first.id)


def test_files_with_twins_are_refused() -> None:
    item = Item(name="a", image="a.tif")
    with pytest.raises(ValidationError, match="same id"):
        Project(name="p", items=(item, item.model_copy(update={"name": "b"})))
    with pytest.raises(ValidationError, match="same name"):
        Project(name="p", items=(item, Item(name="a", image="b.tif")))


@pytest.mark.parametrize("data", [{"name": ""}, {"name": "p", "planet": "Mars"}, {}])
def test_wrong_files(data: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Project.model_validate(data)
