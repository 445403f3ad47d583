from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, deciding, field_extra


class Shape(Parameters):
    size: int = 3
    least: float = Field(default=0.0, json_schema_extra=field_extra(later=True))


def test_what_came_later_decides_only_where_it_does_something() -> None:
    assert deciding(Shape()) == {"size": 3}
    assert deciding(Shape(size=4, least=0.5)) == {"size": 4, "least": 0.5}
