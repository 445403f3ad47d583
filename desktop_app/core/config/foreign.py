"""Descriptions (YAML) that come with models of another program."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from desktop_app.core.config.catalogue import CatalogueEntry, PublishedNorms
from desktop_app.core.labelling.scheme import MOST_CLASSES


class EngineParameters(BaseModel):
    """How maps became objects there; where nothing is said, as by the program's own defaults. The rest is passed over.

    Attributes:
        confidence_thr: From which probability on a pixel is of a class, 0 to 1.
        nms_threshold: From which value on a peak is a centre, 0 to 1.
        nms_kernel: Between how many pixels a centre is the largest.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    confidence_thr: float = 0.5
    nms_threshold: float = 0.1
    nms_kernel: int = 3


class ForeignDescription(BaseModel):
    """What such a file says of a model; other entries are passed over.

    Attributes:
        class_names: Names by label.
        labels: The labels in the order of the network's outputs.
        thing_list: Labels whose classes have objects; None means all.
        norms: Mean and standard deviation of the grey values, as shares of their range.
        padding_factor: Edges of the input are multiples of this.
        description: In the words of its maker.
        model: Address or file name of the weights.
        engine: Parameters of decoding.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    class_names: dict[int, str] = Field(default_factory=dict)
    labels: tuple[int, ...] = Field(min_length=1, max_length=MOST_CLASSES)
    thing_list: tuple[int, ...] | None = None
    norms: PublishedNorms
    padding_factor: int = Field(default=128, ge=1, le=4096)
    description: str = ""
    model: str = ""
    engine: EngineParameters = EngineParameters()

    @model_validator(mode="before")
    @classmethod
    def _flattened(cls, data: Any) -> Any:
        """The parameters of decoding lie two levels deep; labels may be told by the names alone."""
        if not isinstance(data, dict):
            return data
        flat = {key: value for key, value in data.items() if value is not None}
        finetune = flat.get("FINETUNE")
        if isinstance(finetune, dict) and isinstance(finetune.get("engine_params"), dict):
            flat["engine"] = {key: value for key, value in finetune["engine_params"].items() if value is not None}
        if "labels" not in flat and isinstance(flat.get("class_names"), dict):
            flat["labels"] = tuple(flat["class_names"])
        return flat

    def names(self) -> tuple[str, ...]:
        """Names of the classes in the order of the outputs, each once."""
        found: list[str] = []
        for label in self.labels:
            name = self.class_names.get(label, "").strip() or f"Class {label}"
            found.append(name if name not in found else f"{name} {label}")
        return tuple(found)

    def stuff(self) -> tuple[str, ...]:
        """Names of the classes without objects."""
        if self.thing_list is None:
            return ()
        return tuple(
            name for label, name in zip(self.labels, self.names(), strict=True) if label not in self.thing_list
        )


def described_by_catalogue(entry: CatalogueEntry) -> ForeignDescription:
    """What the catalogue says of a published model, as a description."""
    labels = tuple(range(1, 1 + len(entry.class_names)))
    return ForeignDescription(
        class_names=dict(zip(labels, entry.class_names, strict=True)),
        labels=labels,
        thing_list=tuple(n for n, name in zip(labels, entry.class_names, strict=True) if name not in entry.stuff),
        norms=entry.norms or PublishedNorms(mean=0.5, std=0.25),
        padding_factor=entry.divisor or 128,
        description=entry.summary,
        model=entry.url,
        engine=EngineParameters(nms_kernel=entry.centre_distance),
    )
