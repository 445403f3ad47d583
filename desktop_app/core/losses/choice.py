"""The choice of a loss, a part of the training parameters of a recipe."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, ValidationError, model_validator

from desktop_app.core.config.base import Parameters, explain, field_extra
from desktop_app.core.losses.base import LossInfo
from desktop_app.core.losses.registry import losses_of


class LossChoice(Parameters):
    """Training parameters of a recipe whose loss the user may choose."""

    recipe: ClassVar[str]
    loss: str = Field(
        default="",
        title="Loss",
        json_schema_extra=field_extra(advanced=True),
        description="What counts as an error while it learns. Leave it, unless the result shows a certain fault.",
    )
    loss_parameters: dict[str, Any] = Field(
        default_factory=dict, title="Parameters of the loss", description="Its weights, and what else it has."
    )

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, values: Any) -> Any:
        """Name and parameters in full.

        Files of earlier versions know one loss for each recipe and have its parameters among the recipe's own.
        """
        if not isinstance(values, dict):
            return values
        default, *_ = losses_of(cls.recipe)
        info = cls.info_of(values.get("loss") or default.name)
        earlier = default.parameters.model_fields.keys() - cls.model_fields.keys()
        rest = {name: value for name, value in values.items() if name not in earlier}
        given = {name: value for name, value in values.items() if name in earlier} if info is default else {}
        try:
            parameters = info.parameters.model_validate({**given, **values.get("loss_parameters", {})})
        except ValidationError as error:
            raise ValueError(explain(error, f"the loss “{info.title}”").message) from error
        return {**rest, "loss": info.name, "loss_parameters": parameters.model_dump()}

    @classmethod
    def info_of(cls, name: str) -> LossInfo:
        """The record of a loss of this recipe.

        Raises:
            ValueError: If the recipe has no such loss.
        """
        known = {info.name: info for info in losses_of(cls.recipe)}
        if name not in known:
            raise ValueError(f"unknown loss “{name}”; known: {', '.join(known)}")
        return known[name]
