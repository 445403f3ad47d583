"""Segment Anything in miniature: the encoder hands the brightness on, the decoder asks what is bright near clicks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.config.assistants import AssistantChoice
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling.assisting import Asked, Assistant, Prompt
from desktop_app.jobs.assistants.opening import open_assistant
from tests.jobs.assistants.test_replayed import SQUARES, started, whole

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

EDGE = 64  # of the encoder's picture
REACH = 10.0  # px of it that a click reaches


def constant(name: str, values: np.ndarray):
    return onnx.numpy_helper.from_array(values, name)


def saved(path: Path, nodes, inputs, outputs, constants) -> Path:
    info = onnx.helper.make_tensor_value_info
    kinds = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes, "tiny", [info(n, kinds, s) for n, s in inputs], [info(n, kinds, s) for n, s in outputs], constants
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def encoder(path: Path, output: str = "image_embeddings") -> Path:
    nodes = [onnx.helper.make_node("ReduceMean", ["image"], [output], axes=[1], keepdims=1)]
    return saved(path, nodes, [("image", [1, 3, EDGE, EDGE])], [(output, [1, 1, EDGE, EDGE])], [])


def decoder(path: Path, coords: str = "point_coords") -> Path:
    """The second of two masks is right: bright, and nearer to clicks that add than to those that take away."""
    node = onnx.helper.make_node
    y, x = np.mgrid[:EDGE, :EDGE].astype(np.float32) + 0.5
    nodes = [
        node("Unsqueeze", [coords, "axes34"], ["places"]),  # (1, N, 2, 1, 1)
        node("Sub", ["grid", "places"], ["away"]),
        node("Mul", ["away", "away"], ["squared"]),
        node("ReduceSum", ["squared", "axis2"], ["distance"], keepdims=0),  # (1, N, E, E)
        node("Div", ["minus", "distance"], ["inverse"]),
        node("Unsqueeze", ["point_labels", "axes23"], ["labels"]),
        node("Equal", ["labels", "one"], ["adds"]),
        node("Equal", ["labels", "zero"], ["removes"]),
        node("Cast", ["adds"], ["plus_one"], to=1),
        node("Cast", ["removes"], ["minus_one"], to=1),
        node("Sub", ["minus_one", "plus_one"], ["signs"]),
        node("Mul", ["inverse", "signs"], ["votes"]),
        node("ReduceSum", ["votes", "axis1"], ["vote"], keepdims=1),  # (1, 1, E, E)
        node("Greater", ["vote", "least"], ["near"]),
        node("Greater", ["image_embeddings", "zero"], ["bright"]),
        node("And", ["near", "bright"], ["both"]),
        node("Resize", ["mask_input", "", "", "picture_sizes"], ["given"], mode="nearest"),
        node("Mul", ["given", "has_mask_input"], ["told"]),
        node("Greater", ["told", "zero"], ["start"]),
        node("Or", ["both", "start"], ["either"]),
        node("Cast", ["either"], ["found"], to=1),
        node("Sub", ["found", "half"], ["right"]),
        node("Neg", ["right"], ["wrong"]),
        node("Concat", ["wrong", "right"], ["low_res_masks"], axis=1),
        node("ReduceMax", ["orig_im_size"], ["longest"], keepdims=1),
        node("Concat", ["longest", "longest"], ["square"], axis=0),
        node("Concat", ["two", "square"], ["sizes_float"], axis=0),
        node("Cast", ["sizes_float"], ["sizes"], to=7),
        node("Resize", ["low_res_masks", "", "", "sizes"], ["large"], mode="nearest"),
        node("Cast", ["orig_im_size"], ["ends"], to=7),
        node("Slice", ["large", "starts", "ends", "axes_yx"], ["masks"]),
        node("Identity", ["scores"], ["iou_predictions"]),
    ]
    constants = [
        constant("grid", np.stack([x, y])[None, None]), constant("axes34", np.array([3, 4])),
        constant("axis2", np.array([2])), constant("axis1", np.array([1])), constant("axes23", np.array([2, 3])),
        constant("minus", np.array(-1.0, np.float32)), constant("one", np.array(1.0, np.float32)),
        constant("zero", np.array(0.0, np.float32)), constant("least", np.array(1 / REACH**2, np.float32)),
        constant("half", np.array(0.5, np.float32)), constant("two", np.array([1, 2], np.float32)),
        constant("starts", np.array([0, 0])), constant("axes_yx", np.array([2, 3])),
        constant("picture_sizes", np.array([1, 1, EDGE, EDGE])),
        constant("scores", np.array([[0.1, 0.9]], np.float32)),
    ]  # fmt: skip
    inputs = [
        ("image_embeddings", [1, 1, EDGE, EDGE]), (coords, [1, "n", 2]), ("point_labels", [1, "n"]),
        ("mask_input", [1, 1, 16, 16]), ("has_mask_input", [1]), ("orig_im_size", [2]),
    ]  # fmt: skip
    outputs = [
        ("masks", [1, 2, "h", "w"]), ("iou_predictions", [1, 2]), ("low_res_masks", [1, 2, EDGE, EDGE]),
    ]  # fmt: skip
    return saved(path, nodes, inputs, outputs, constants)


def opened(folder: Path, **files: Path) -> Assistant:
    given = {"encoder": folder / "encoder.onnx", "decoder": folder / "decoder.onnx", **files}
    choice = AssistantChoice.model_validate({"by": "file", **{name: str(path) for name, path in given.items()}})
    return open_assistant(choice, Volume.from_array(SQUARES), 0)


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    encoder(tmp_path / "encoder.onnx")
    decoder(tmp_path / "decoder.onnx")
    return opened(tmp_path)


def asked(*prompts: Prompt, plane: Plane = Plane.XY, through: bool = False) -> Asked:
    return Asked(prompts, plane, through)


def test_clicks_add_and_take_away_where_they_were_made(assistant: Assistant) -> None:
    one = whole(assistant.answer(asked(Prompt(((2, 25, 20),))), RecordingContext()))
    assert one[2, 22:28, 17:23].all()
    assert one.sum() == one[2, 13:37, 8:32].sum()  # 80 px are 64 to the encoder
    two = whole(assistant.answer(asked(Prompt(((2, 25, 20),)), Prompt(((2, 25, 55),))), RecordingContext()))
    assert two[2, 22:28, 52:58].all()
    less = asked(Prompt(((2, 25, 20),)), Prompt(((2, 25, 55),)), Prompt(((2, 25, 60),), adds=False))
    assert not whole(assistant.answer(less, RecordingContext()))[2, 22:28, 58:64].any()


def test_planes_of_other_directions_and_neighbouring_slices(assistant: Assistant) -> None:
    across = whole(assistant.answer(asked(Prompt(((2, 25, 20),)), plane=Plane.XZ), RecordingContext()))
    assert across[1:4, 25, 18:22].all()
    assert across.sum() == across[:, 25, 8:32].sum()
    through = whole(assistant.answer(asked(Prompt(((2, 25, 20),)), through=True), RecordingContext()))
    assert through.any(axis=(1, 2)).tolist() == [False, True, True, True, False]


def test_other_names_are_refused_in_one_sentence(assistant: Assistant, tmp_path: Path) -> None:
    foreign = encoder(tmp_path / "foreign.onnx", output="features")
    with pytest.raises(UserError, match=r"decoder\.onnx is no decoder .* and the encoder's features are needed"):
        opened(tmp_path, encoder=foreign)
    with pytest.raises(UserError, match=r"decoder\.onnx is no encoder .* one square colour picture"):
        opened(tmp_path, encoder=tmp_path / "decoder.onnx")
    other = decoder(tmp_path / "other.onnx", coords="clicks")
    with pytest.raises(
        UserError, match=r"other\.onnx is no decoder .* takes image_embeddings, clicks, .* point_coords"
    ):
        opened(tmp_path, decoder=other)
    with pytest.raises(UserError, match=r"encoder\.onnx is no decoder"):
        opened(tmp_path, decoder=tmp_path / "encoder.onnx")


def test_files_that_are_none_are_named(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(UserError, match=r"text\.onnx is no ONNX model"):
        opened(tmp_path, encoder=tmp_path / "text.onnx")
    with pytest.raises(UserError, match="There is no file"):
        opened(tmp_path, encoder=tmp_path / "gone.onnx")


def test_a_mask_that_is_there_goes_into_the_decoder(assistant: Assistant) -> None:
    part = started(slice(40, 56), slice(40, 72))
    clicks = (Prompt(((2, 50, 60),)), Prompt(((2, 25, 20),)))
    found = whole(assistant.answer(Asked(clicks, Plane.XY, start=part), RecordingContext()))
    assert found[2, 42:54, 44:68].all()  # 80 px are 16 to the decoder's mask
    assert found[2, 22:28, 17:23].all()
    assert not whole(assistant.answer(Asked(clicks, Plane.XY), RecordingContext()))[2, 42:54, 44:68].any()
