"""A stand-in for an nnInteractive server on this computer: what hangs together brightly with a click is the object."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy import ndimage

from desktop_app.core.config.assistants import AssistantChoice
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.job import Progress, RecordingContext
from desktop_app.core.labelling.assisting import Asked, Assistant, Prompt
from desktop_app.jobs.assistants.opening import open_assistant
from tests.jobs.assistants.test_replayed import SQUARES, started, whole

serialization = pytest.importorskip("nnInteractive.inference.remote.serialization")
protocol = pytest.importorskip("nnInteractive.inference.remote._protocol")

CAPABILITIES = {
    "supported_interactions": {"points": True, "bbox2d": True}, "channel_mapping": {}, "num_interaction_channels": 7,
    "supports_initial_label": True, "supports_zero_shot_label_refinement": True, "preferred_scribble_thickness": [2],
    "interaction_decay": 0.9, "inference_session_version": 2, "license": "none", "supports_undo": True,
}  # fmt: skip


class StandIn(BaseHTTPRequestHandler):
    """Answers like the server; the state is that of a single client."""

    paths: ClassVar[list[str]] = []
    image = np.zeros((1, 1, 1, 1))
    found = np.zeros((1, 1, 1), np.uint8)

    def do_GET(self) -> None:
        self._send(json.dumps(CAPABILITIES).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        StandIn.paths.append(self.path)
        if self.path == protocol.PATH_CLAIM:
            self._send(json.dumps({"lease_token": "t"}).encode())
        elif self.path == protocol.PATH_SET_IMAGE:
            StandIn.image = serialization.unpack_array(body)
            StandIn.found = np.zeros(StandIn.image.shape[1:], np.uint8)
            self._send(json.dumps({"original_image_shape": StandIn.image.shape}).encode())
        elif self.path == protocol.PATH_RESET_INTERACTIONS:
            StandIn.found[:] = 0
            self._send(b"{}")
        elif self.path == protocol.PATH_ADD_INITIAL_SEG:
            StandIn.found[:] = serialization.unpack_array(body)
            self._send(b"{}")
        elif self.path in (protocol.PATH_ADD_POINT, protocol.PATH_ADD_BBOX):
            self._interact(json.loads(body))
        else:
            self._send(b"{}")

    def _interact(self, said: dict[str, Any]) -> None:
        objects, _ = ndimage.label(StandIn.image[0] > 100)
        if "coordinates" in said:
            place = tuple(said["coordinates"])
        else:
            place = tuple((low + high) // 2 for low, high in said["bbox_coords"])
        here = (objects == objects[place]) & (objects[place] > 0)
        StandIn.found[here] = int(said["include_interaction"])
        box = [[0, n] for n in StandIn.found.shape]
        meta = json.dumps({"ran_prediction": True, "bbox": box})
        self._send(serialization.pack_array(StandIn.found), {protocol.META_HEADER: meta})

    def _send(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep silent."""


@pytest.fixture
def address() -> Iterator[str]:
    StandIn.paths.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def opened(address: str) -> Assistant:
    return open_assistant(AssistantChoice(by="server", server=address), Volume.from_array(SQUARES), 0)


def asked(*prompts: Prompt, through: bool = False) -> Asked:
    return Asked(prompts, Plane.XY, through)


LEFT, RIGHT = Prompt(((2, 25, 20),)), Prompt(((2, 25, 55),))


def test_clicks_are_added_one_by_one_and_the_image_is_sent_once(address: str) -> None:
    assistant, ctx = opened(address), RecordingContext()
    found = assistant.answer(asked(LEFT), ctx)
    assert found.region.shape == (1, 20, 20)
    np.testing.assert_array_equal(whole(found)[2, :, :40], SQUARES[2, :, :40] > 100)
    assert whole(assistant.answer(asked(LEFT, RIGHT), ctx)).sum() == 800
    assert StandIn.paths.count(protocol.PATH_SET_IMAGE) == 1
    assert StandIn.paths.count(protocol.PATH_ADD_POINT) == 2
    assert [event.message for event in ctx.of_kind(Progress)] == ["Sending the image"]
    assert whole(assistant.answer(asked(LEFT), ctx)).sum() == 400  # the last click was taken back
    gone = asked(LEFT, RIGHT, Prompt(((2, 25, 20),), adds=False))
    np.testing.assert_array_equal(whole(assistant.answer(gone, ctx))[2, :, 40:], SQUARES[2, :, 40:] > 100)
    assistant.close()
    assert StandIn.paths[-1] == protocol.PATH_RELEASE


def test_boxes_and_whole_objects(address: str) -> None:
    assistant = opened(address)
    box = Prompt(((2, 10, 5), (2, 40, 35)))
    np.testing.assert_array_equal(
        whole(assistant.answer(asked(box, through=True), RecordingContext()))[..., :40], SQUARES[..., :40] > 100
    )
    assert not assistant.answer(asked(Prompt(((0, 1, 1),))), RecordingContext()).mask.any()
    assistant.close()


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match="is no address"):
        opened("computer")
    with pytest.raises(UserError, match=r"http://127\.0\.0\.1:9 did not answer"):
        opened("http://127.0.0.1:9")


def test_a_server_that_goes_away_is_named_and_asked_anew(address: str) -> None:
    assistant = opened(address)
    assistant.answer(asked(LEFT), RecordingContext())
    session: Any = assistant
    real = session._session
    session._session = None
    session._address = "http://127.0.0.1:9"
    with pytest.raises(UserError, match="did not answer"):
        assistant.answer(asked(LEFT, RIGHT), RecordingContext())
    session._session = real
    assert whole(assistant.answer(asked(LEFT, RIGHT), RecordingContext())).sum() == 800
    assistant.close()


def test_a_mask_that_is_there_is_given_before_the_clicks(address: str) -> None:
    assistant = opened(address)
    part = started(slice(40, 50), slice(2, 8))
    found = whole(assistant.answer(Asked((LEFT, RIGHT), Plane.XY, start=part), RecordingContext()))
    assert found[2, 40:50, 2:8].all()
    assert found.sum() == 60 + 800
    paths = [path for path in StandIn.paths if path in (protocol.PATH_ADD_INITIAL_SEG, protocol.PATH_ADD_POINT)]
    assert paths == [protocol.PATH_ADD_INITIAL_SEG, protocol.PATH_ADD_POINT, protocol.PATH_ADD_POINT]
    assistant.close()
