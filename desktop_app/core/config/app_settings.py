"""What a user prefers, on this computer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.config.device import DEVICES, Device
from desktop_app.core.imaging.label_colors import FIRST_PALETTE, PALETTES


class AppSettings(Parameters):
    """Preferences. Loading is tolerant: a bad entry falls back to its default and is reported once."""

    theme: Literal["system", "light", "dark"] = Field(
        default="system", title="Colours", description="System follows your desktop."
    )
    undo_memory_mb: int = Field(
        default=512,
        ge=16,
        le=65536,
        title="Memory for undo",
        json_schema_extra=field_extra("MB"),
        description="Older steps of undo are read from the disk again. The default does for nearly everybody.",
    )
    undo_disk_mb: int = Field(
        default=256,
        ge=1,
        le=65536,
        title="Disk for undo",
        json_schema_extra=field_extra("MB"),
        description="For each image, kept in the project. A day of painting takes some MB, filling large volumes more; "
        "the oldest steps are forgotten beyond this.",
    )
    inference_memory_gb: float = Field(
        default=2.0,
        ge=0.25,
        le=1024,
        title="Memory for running models",
        json_schema_extra=field_extra("GB", step=0.5),
        description="Half of your free memory is safe.",
    )
    viewing_memory_mb: int = Field(
        default=1024,
        ge=128,
        le=65536,
        title="Memory for images",
        json_schema_extra=field_extra("MB", step=128),
        description="Slices and decoded pieces of the open image, whatever its size. An eighth of your memory is good.",
    )
    copies_folder: str = Field(
        default="",
        title="Folder of copies",
        description="Where copies for fast browsing lie; empty takes the usual place of your system. A fast disk with "
        "room is best.",
    )
    copies_disk_gb: float = Field(
        default=100.0,
        ge=1,
        le=1e6,
        title="Disk for copies",
        json_schema_extra=field_extra("GB", step=10),
        description="For copies for fast browsing together; beyond it those used longest ago go. A copy takes about "
        "as much as the image unpacked.",
    )
    view3d_memory_mb: int = Field(
        default=512,
        ge=32,
        le=65536,
        title="Memory for the 3D view",
        json_schema_extra=field_extra("MB"),
        description="Larger volumes are shown with fewer voxels; 512 MB are enough for 330 x 330 x 330.",
    )
    device: Device = Field(
        default="auto",
        title="Compute on",
        examples=list(DEVICES),
        json_schema_extra=field_extra(titles=DEVICES),
        description="Automatic takes a GPU if there is one that works.",
    )
    wheel_zooms: bool = Field(
        default=False, title="Mouse wheel zooms", description="Off: the wheel changes the slice and Ctrl+wheel zooms."
    )
    label_opacity: float = Field(
        default=0.45,
        ge=0,
        le=1,
        title="Label opacity",
        json_schema_extra=field_extra(step=0.05),
        description="How strongly labels cover the image.",
    )
    label_palette: str = Field(
        default=FIRST_PALETTE,
        pattern=f"^({'|'.join(PALETTES)})$",
        title="Label colours",
        examples=list(PALETTES),
        json_schema_extra=field_extra(titles={name: palette.title for name, palette in PALETTES.items()}),
        description="Choose a safe palette if you, or your readers, see colours differently.",
    )
    click_encoder: str = Field(default="", title="Encoder of the click assistant")
    click_decoder: str = Field(default="", title="Decoder of the click assistant")
    click_server: str = Field(default="", title="Server of the click assistant")
    look_for_updates: bool = Field(
        default=False,
        title="Look for updates",
        description="Ask at each start whether there is a newer version. Nothing about you or this computer is sent.",
    )
    welcomed: bool = Field(default=False, title="Was welcomed")
    recent_projects: tuple[str, ...] = Field(default=(), title="Recent projects")
    copies_declined: tuple[str, ...] = Field(default=(), title="Images without a copy")
    shortcuts: dict[str, str] = Field(default_factory=dict, title="Changed shortcuts")


def tolerant_settings(data: dict[str, Any]) -> tuple[AppSettings, list[str]]:
    """Settings from whatever was saved, and the names of entries that could not be used."""
    bad: list[str] = []
    known = {k: v for k, v in data.items() if k in AppSettings.model_fields}
    while True:
        try:
            return AppSettings.model_validate(known), bad
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            bad.append(name)
            known.pop(name, None)
