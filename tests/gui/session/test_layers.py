from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging import Region
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.layers import (
    AGREEMENT,
    ONLY_SECOND,
    OWN,
    PREVIEW,
    AgreementLabels,
    BoxLabels,
    LabelLayer,
    LayerKind,
)
from desktop_app.gui.session.layers import Layers


def layer(key: str, kind: LayerKind = LayerKind.RESULT) -> LabelLayer:
    return LabelLayer(key, key, ArrayLabelStore(np.zeros((1, 4, 4), np.uint32)), kind)


@pytest.fixture
def layers(qapp) -> Layers:
    layers = Layers()
    layers.put(layer(OWN, LayerKind.LABELS))
    for key in ("a", "b", "c"):
        layers.put(layer(key))
    return layers


def keys(layers: Layers) -> list[str]:
    return [each.key for each in layers.stack]


def seen(layers: Layers) -> list[str]:
    return [each.key for each in layers.stack if each.look.visible]


def test_layers_lie_above_each_other_and_can_be_moved(layers: Layers) -> None:
    layers.move("a", 1)
    assert keys(layers) == [OWN, "b", "a", "c"]
    layers.move("a", -9)
    assert keys(layers) == ["a", OWN, "b", "c"]
    layers.move("c", 9)
    assert keys(layers) == ["a", OWN, "b", "c"]


def test_what_does_not_change_is_not_told(layers: Layers, qtbot) -> None:
    with qtbot.assertNotEmitted(layers.changed):
        layers.set_look("a", visible=True)
        layers.set_look("gone", visible=False)
        layers.remove("gone")
    with qtbot.waitSignal(layers.changed):
        layers.put(layer("a"))


def test_results_are_gone_through_one_by_one(layers: Layers) -> None:
    assert layers.step_result(1).key == "a"
    assert seen(layers) == [OWN, "a"]
    assert layers.step_result(1).key == "b"
    assert layers.step_result(-1).key == "a"
    assert layers.step_result(-1).key == "c"
    layers.set_look("c", visible=False)
    assert layers.step_result(-1).key == "c"
    layers.remove("a", "b", "c")
    assert layers.step_result(1) is None


def test_two_are_compared_and_come_back(layers: Layers) -> None:
    layers.compare("a", OWN)
    assert keys(layers)[-1] == AGREEMENT
    assert seen(layers) == ["b", "c", AGREEMENT]
    layers.compare("a", "b")
    assert keys(layers).count(AGREEMENT) == 1
    layers.stop_comparing()
    assert AGREEMENT not in keys(layers)
    assert {"a", "b"} <= set(seen(layers))


def test_an_agreement_is_about_the_layers_of_now(layers: Layers) -> None:
    layers.compare("a", PREVIEW)
    assert AGREEMENT not in keys(layers), "there is no preview"
    layers.put(layer(PREVIEW, LayerKind.PREVIEW))
    layers.compare("a", PREVIEW)
    layers.set_look(AGREEMENT, opacity=0.9)
    fresh = layer(PREVIEW, LayerKind.PREVIEW)
    layers.put(fresh)
    agreement = layers.get(AGREEMENT)
    assert isinstance(agreement.store, AgreementLabels)
    assert agreement.store.second.store is fresh.store
    assert agreement.look.opacity == 0.9
    layers.remove("a")
    assert AGREEMENT not in keys(layers)


def test_a_preview_is_kept_while_others_are_made(layers: Layers) -> None:
    layers.put(layer(PREVIEW, LayerKind.PREVIEW))
    kept = layers.get(PREVIEW).store
    layers.keep_preview("d", "First try")
    layers.put(layer(PREVIEW, LayerKind.PREVIEW))
    assert layers.get("d").store is kept
    assert layers.get(PREVIEW).store is not kept


def test_a_kept_preview_comes_back_at_its_time_point_and_a_comparison_stays(layers: Layers) -> None:
    box = Region((0, 0, 0), (1, 2, 2))
    store = BoxLabels((1, 4, 4), box, np.ones(box.shape, np.uint32), time=1, shown=1)
    layers.put(LabelLayer(PREVIEW, "Preview", store, LayerKind.PREVIEW))
    layers.keep_preview("kept", "Kept preview")
    layers.compare(OWN, "kept")

    def kept() -> tuple[int, int]:
        agreement = layers.get(AGREEMENT)
        assert agreement is not None
        whole = Region.whole((1, 4, 4))
        return int(layers.get("kept").store.read(whole).sum()), int(agreement.store.read(whole).sum())

    assert kept() == (4, 4 * ONLY_SECOND)
    layers.show_time(2)
    assert layers.get(PREVIEW) is None
    assert kept() == (0, 0)
    layers.show_time(1)
    assert kept() == (4, 4 * ONLY_SECOND)
