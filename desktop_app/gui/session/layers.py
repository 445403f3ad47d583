"""The label layers that lie over the open image, from the lowest to the topmost."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from desktop_app.core.labelling.layers import (
    AGREEMENT,
    PREVIEW,
    PROPOSAL,
    AgreementLabels,
    BoxLabels,
    LabelLayer,
    LayerKind,
    VolumeLabels,
    agreement_layer,
)

_LOOKED_AT = (LayerKind.RESULT, LayerKind.PREVIEW)


class Layers(QObject):
    """Labels, results and previews beside each other; nothing here changes a voxel.

    Signals:
        changed: A layer came, went, or looks different.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stack: tuple[LabelLayer, ...] = ()

    @property
    def stack(self) -> tuple[LabelLayer, ...]:
        """All, from the lowest to the topmost."""
        return self._stack

    @property
    def listed(self) -> tuple[LabelLayer, ...]:
        """All but marks, which come and go by themselves."""
        return tuple(layer for layer in self._stack if layer.kind is not LayerKind.MARK)

    @property
    def results(self) -> tuple[LabelLayer, ...]:
        """What models made, from the lowest to the topmost."""
        return tuple(layer for layer in self._stack if layer.kind in _LOOKED_AT)

    def get(self, key: str) -> LabelLayer | None:
        """The layer with a key; None if there is none."""
        return next((layer for layer in self._stack if layer.key == key), None)

    def put(self, layer: LabelLayer) -> None:
        """Show a layer: in the place of the one with its key, else on top."""
        if self.get(layer.key) is None:
            self._set((*self._stack, layer))
        else:
            self._set(tuple(layer if old.key == layer.key else old for old in self._stack))

    def put_below(self, layer: LabelLayer) -> None:
        """Show a layer: in the place of the one with its key, else below all others."""
        if self.get(layer.key) is None:
            self._set((layer, *self._stack))
        else:
            self.put(layer)

    def remove(self, *keys: str) -> None:
        """Take layers away; files stay."""
        self._set(tuple(layer for layer in self._stack if layer.key not in keys))

    def show_time(self, time: int) -> None:
        """Show another time point of layers that have several; what is proposed was of the time point before.

        A preview that was kept is there again when its time point is.
        """
        timed = (VolumeLabels, BoxLabels)
        self._set(
            tuple(
                replace(layer, store=layer.store.at_time(time)) if isinstance(layer.store, timed) else layer
                for layer in self._stack
                if layer.key not in (PREVIEW, PROPOSAL)
            )
        )

    def clear(self) -> None:
        """Take all away: another image is shown."""
        self._set(())

    def set_look(self, key: str, **changes: object) -> None:
        """Draw a layer in another way; ``changes`` are attributes of its look."""
        layer = self.get(key)
        if layer is not None:
            self.put(layer.with_look(**changes))

    def move(self, key: str, steps: int) -> None:
        """Bring a layer further to the top (positive) or down."""
        layer = self.get(key)
        if layer is None:
            return
        others = [other for other in self._stack if other.key != key]
        place = min(max(0, self._stack.index(layer) + steps), len(others))
        self._set((*others[:place], layer, *others[place:]))

    def keep_preview(self, key: str, title: str) -> None:
        """Go on showing the preview of now as a layer of its own, whatever is previewed next."""
        preview = self.get(PREVIEW)
        if preview is not None:
            self.put(replace(preview, key=key, title=title, kind=LayerKind.RESULT))

    def step_result(self, steps: int) -> LabelLayer | None:
        """Show the next result alone, or the one before; returns it, None if there is none."""
        results = self.results
        if not results:
            return None
        seen = [place for place, layer in enumerate(results) if layer.look.visible]
        ahead = steps > 0
        start = (seen[-1] if ahead else seen[0]) if seen else (-1 if ahead else len(results))
        wanted = results[(start + steps) % len(results)].key
        looked_at = {layer.key for layer in results}
        self._set(
            tuple(
                layer.with_look(visible=layer.key == wanted) if layer.key in looked_at else layer
                for layer in self._stack
            )
        )
        return self.get(wanted)

    def compare(self, first: str, second: str) -> None:
        """Show where two layers agree, on top of all; the two are hidden, so that the colours are pure."""
        left, right = self.get(first), self.get(second)
        if left is None or right is None or first == second:
            return
        hidden = [
            layer.with_look(visible=False) if layer.key in (first, second) else layer
            for layer in self._stack
            if layer.key != AGREEMENT
        ]
        self._set((*hidden, agreement_layer(left, right)))

    def stop_comparing(self) -> None:
        """Take the agreement away and show the two layers again."""
        self._set(self.uncompared())

    def uncompared(self) -> tuple[LabelLayer, ...]:
        """The layers as they would be if none were compared."""
        found = self.get(AGREEMENT)
        if found is None or not isinstance(found.store, AgreementLabels):
            return self._stack
        two = (found.store.first.key, found.store.second.key)
        return tuple(
            layer.with_look(visible=True) if layer.key in two else layer
            for layer in self._stack
            if layer.key != AGREEMENT
        )

    def _set(self, stack: tuple[LabelLayer, ...]) -> None:
        renewed, before = _with_agreement_renewed(stack), self._stack
        self._stack = renewed
        if renewed != before or any(a.store is not b.store for a, b in zip(renewed, before, strict=True)):
            self.changed.emit()


def _with_agreement_renewed(stack: tuple[LabelLayer, ...]) -> tuple[LabelLayer, ...]:
    """An agreement is of the layers as they are now, and goes with either of them."""
    by_key = {layer.key: layer for layer in stack}
    found = by_key.get(AGREEMENT)
    if found is None or not isinstance(found.store, AgreementLabels):
        return stack
    first, second = (by_key.get(layer.key) for layer in (found.store.first, found.store.second))
    if first is None or second is None:
        return tuple(layer for layer in stack if layer.key != AGREEMENT)
    if first.store is found.store.first.store and second.store is found.store.second.store:
        return stack
    fresh = replace(agreement_layer(first, second), look=found.look)
    return tuple(fresh if layer.key == AGREEMENT else layer for layer in stack)
