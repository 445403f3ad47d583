"""The rooms for what is rarely asked of images, each read when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.core.project import Item
from desktop_app.gui.window_context import WindowContext

if TYPE_CHECKING:
    from desktop_app.core.labelling.layers import LabelLayer
    from desktop_app.gui.projects.convert_commands import ConvertCommands
    from desktop_app.gui.projects.foreign_labels import ForeignLabels
    from desktop_app.gui.projects.label_overlays import LabelOverlays
    from desktop_app.gui.projects.many_images import ManyImages
    from desktop_app.gui.projects.mistake_layers import MistakeLayers
    from desktop_app.gui.projects.patch_commands import PatchCommands
    from desktop_app.gui.projects.reading_commands import ReadingCommands
    from desktop_app.gui.projects.web_images import WebImages


class ImageRooms:
    """Makes each room once.

    Args:
        context: Of the main window.
        import_labels: Copies a label file onto an image.
        take_over: Takes all of a layer over into the labels.
        improve: Opens the training with a set of patches; None where there is nobody to do so.
    """

    def __init__(
        self, context: WindowContext, import_labels: Callable[[Item, Path], None],
        take_over: Callable[[LabelLayer], object], improve: Callable[[Path], object] | None = None,
    ) -> None:  # fmt: skip
        self._context, self._import_labels = context, import_labels
        self._take_over, self._improve = take_over, improve

    @cached_property
    def overlays(self) -> LabelOverlays:
        """Label files laid over the open image."""
        from desktop_app.gui.projects.label_overlays import LabelOverlays

        return LabelOverlays(self._context, self._take_over)

    @cached_property
    def mistakes(self) -> MistakeLayers:
        """What belongs to a place where a model went wrong, laid over the open image."""
        from desktop_app.gui.projects.mistake_layers import MistakeLayers

        return MistakeLayers(self._context)

    @cached_property
    def conversions(self) -> ConvertCommands:
        """Writing images in other formats."""
        from desktop_app.gui.projects.convert_commands import ConvertCommands

        return ConvertCommands(self._context)

    @cached_property
    def many(self) -> ManyImages:
        """What is done with several images at once."""
        from desktop_app.gui.projects.many_images import ManyImages

        return ManyImages(self._context, self.conversions.convert_items)

    @cached_property
    def patches(self) -> PatchCommands:
        """Picking patches, and those that there are."""
        from desktop_app.gui.projects.patch_commands import PatchCommands

        patches = PatchCommands(self._context, lambda ids, done: self.many.do("done" if done else "not_done", ids))
        if self._improve is not None:
            patches.improve_requested.connect(self._improve)
        return patches

    @cached_property
    def readings(self) -> ReadingCommands:
        """How files are to be read."""
        from desktop_app.gui.projects.reading_commands import ReadingCommands

        return ReadingCommands(self._context)

    @cached_property
    def web(self) -> WebImages:
        """Images at web addresses."""
        from desktop_app.gui.projects.web_images import WebImages

        return WebImages(self._context)

    @cached_property
    def foreign(self) -> ForeignLabels:
        """Labels inside of image files."""
        from desktop_app.gui.projects.foreign_labels import ForeignLabels

        return ForeignLabels(self._context, self._import_labels)
