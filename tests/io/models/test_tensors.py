"""Weights of other programs are read as they are, and nothing in their files is run."""

from __future__ import annotations

import contextlib
import os
import pickle
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.models.pickles import Builder, Instance, RefusedPickle, read_pickle
from desktop_app.io.models.tensors import LegacyFileError, read_tensors
from tests.io.models.torch_files import repacked, write_torchscript

DTYPES = [torch.float32, torch.float64, torch.float16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]


class Part(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
        self.shared = self.conv[0]
        self.sizes, self.title, self.share, self.pair, self.table = [1, 2], "abc", 1.5, (1, 2), {"a": 1}
        self.note = torch.ones(5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.conv(image) * self.share + self.note.sum()


class Whole(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.part, self.nothing, self.place = Part(), None, torch.device("cpu")
        self.turned = nn.Parameter(torch.arange(6.0).reshape(2, 3).t())
        self.register_buffer("count", torch.tensor(3))
        self.many = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])

    def forward(self, image: torch.Tensor, steps: int = 2) -> dict[str, torch.Tensor]:
        return {"a": self.part(image) * steps}


def same(found: dict[str, np.ndarray], wanted: dict[str, torch.Tensor]) -> None:
    assert set(found) == set(wanted)
    for name, tensor in wanted.items():
        np.testing.assert_array_equal(found[name], tensor.numpy(), strict=True)


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.pth"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(Whole().eval()).save(str(path))
    return path


def test_torchscript_gives_the_names_and_numbers_of_its_state_dict(script: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = torch.jit.load(str(script)).state_dict()
    found = read_tensors(script)
    assert found.kind == "torchscript"
    same(found.tensors, wanted)
    assert "part.note" not in found.tensors
    assert np.shares_memory(found.tensors["part.shared.weight"], found.tensors["part.conv.0.weight"])


def test_a_tree_of_buffers_survives(tmp_path: Path) -> None:
    state = {"a.0.weight": torch.randn(2, 3), "a.1.weight": torch.randn(1), "b": torch.tensor(4)}
    same(read_tensors(write_torchscript(tmp_path / "x.pth", state)).tensors, state)


@pytest.mark.parametrize("dtype", [*DTYPES, torch.bool])
def test_every_kind_of_number(tmp_path: Path, dtype: torch.dtype) -> None:
    tensor = torch.arange(-3, 3).reshape(2, 3).to(dtype)
    found = read_tensors(saved(tmp_path / "x.pth", {"turned": tensor.t(), "part": tensor[:, 1:], "none": tensor[:0]}))
    same(found.tensors, {"turned": tensor.t(), "part": tensor[:, 1:], "none": tensor[:0]})


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    tensor = torch.tensor([1.5, -2.25, 0.0, 3e38], dtype=torch.bfloat16)
    found = read_tensors(saved(tmp_path / "x.pt", {"a": tensor})).tensors["a"]
    np.testing.assert_array_equal(found, tensor.float().numpy(), strict=True)


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_a_checkpoint_gives_weights_and_plain_values(tmp_path: Path, key: str) -> None:
    state = Whole().state_dict()
    content = {
        "arch": "PanopticBiFPN", key: state, "norms": {"mean": 0.5, "std": 0.1}, "epoch": 3, "best": np.float64(0.5),
        "optimizer": {"state": {0: {"step": torch.tensor(5.0)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    }  # fmt: skip
    found = read_tensors(saved(tmp_path / "x.pth.tar", content))
    assert found.kind == "checkpoint"
    same(found.tensors, {name: value.detach() for name, value in state.items()})
    assert (found.extras["arch"], found.extras["norms"], found.extras["epoch"]) == (
        "PanopticBiFPN", {"mean": 0.5, "std": 0.1}, 3,
    )  # fmt: skip


def test_bare_weights_and_parameters(tmp_path: Path) -> None:
    weight = nn.Parameter(torch.randn(3))
    found = read_tensors(saved(tmp_path / "x.pt", OrderedDict(weight=weight, text="a")))
    same(found.tensors, {"weight": weight.detach()})


def test_safetensors(tmp_path: Path) -> None:
    state = {"a": torch.randn(2, 2)}
    safetensors.torch.save_file(state, tmp_path / "x.safetensors")
    same(read_tensors(tmp_path / "x.safetensors").tensors, state)
    (tmp_path / "y.safetensors").write_bytes((tmp_path / "x.safetensors").read_bytes()[:-4])
    with pytest.raises(UnreadableFileError, match="cut off"):
        read_tensors(tmp_path / "y.safetensors")


def test_old_files_are_named(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "x.pth", _use_new_zipfile_serialization=False)
    with pytest.raises(LegacyFileError, match="old version of PyTorch"):
        read_tensors(tmp_path / "x.pth")


def test_quantised_numbers_are_named(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensor = torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)
        torch.save({"state_dict": {"a": tensor}}, tmp_path / "x.pth")
    with pytest.raises(UserError, match="quantised"):
        read_tensors(tmp_path / "x.pth")


class Evil:
    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.marker,)


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "ran"
    good = saved(tmp_path / "good.pth", {"a": torch.ones(2)})
    bad = repacked(good, tmp_path / "bad.pth", {"data.pkl": pickle.dumps({"a": Evil(str(marker))}, protocol)})
    with pytest.raises(UserError, match=r"bad\.pth was refused: it holds more than numbers and text"):
        read_tensors(bad)
    assert not marker.exists()


def test_a_whole_program_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds more than numbers and text"):
        read_tensors(saved(tmp_path / "x.pth", Whole()))


def crafted(size: str, stride: str, offset: int = 0, count: int = 4) -> bytes:
    """A pickle (text protocol) of one tensor with any shape."""
    return (
        f"(dVa\nctorch._utils\n_rebuild_tensor_v2\n((Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nI{count}\ntQI{offset}\n"
        f"{size}{stride}I00\n}}tRs."
    ).encode()


@pytest.mark.parametrize(
    "pickled",
    [
        crafted("(I4\nt", "(I1\nt", count=10**9),
        crafted("(I4\nt", "(I1\nt", count=-1),
        crafted("(I5\nt", "(I1\nt"),
        crafted("(I4\nt", "(I1\nt", offset=1),
        crafted("(I4\nt", "(I1\nt", offset=-1),
        crafted("(I4\nt", "(I-1\nt"),
        crafted("(I-4\nt", "(I1\nt"),
        crafted("(I1000000\nI1000000\nt", "(I0\nI0\nt"),
        crafted("(I4\nI4\nt", "(I1\nt"),
        crafted("(Va\nt", "(I1\nt"),
        crafted("I4\n", "I1\n"),
    ],
)
def test_tensors_that_reach_beyond_their_numbers_are_refused(tmp_path: Path, pickled: bytes) -> None:
    good = saved(tmp_path / "good.pth", {"a": torch.ones(4)})
    fine = repacked(good, tmp_path / "fine.pth", {"data.pkl": crafted("(I2\nI2\nt", "(I2\nI1\nt")})
    assert read_tensors(fine).tensors["a"].tolist() == [[1, 1], [1, 1]]
    with pytest.raises(UserError):
        read_tensors(repacked(good, tmp_path / "bad.pth", {"data.pkl": pickled}))


def test_more_numbers_than_the_file_has_room_for_are_refused(tmp_path: Path) -> None:
    good = saved(tmp_path / "good.pth", {"a": torch.ones(2**20)})
    one = crafted(f"(I{2**20}\nt", "(I1\nt", count=2**20)[2:-2]
    bomb = b"(d" + b"".join(one.replace(b"Va\n", f"Va{i}\n".encode(), 1) + b"s" for i in range(40)) + b"."
    with pytest.raises(UserError, match="more numbers than it has room for"):
        read_tensors(repacked(good, tmp_path / "bad.pth", {"data.pkl": bomb}))


def test_what_is_missing_or_packed_otherwise_is_said(tmp_path: Path, script: Path) -> None:
    good = saved(tmp_path / "good.pth", {"a": torch.ones(64)})
    with pytest.raises(UserError, match="weights are missing"):
        read_tensors(repacked(good, tmp_path / "1.pth", {"data/0": None}))
    with pytest.raises(UserError, match="cut off or damaged"):
        read_tensors(repacked(good, tmp_path / "2.pth", {"data/0": b"1234"}))
    with pytest.raises(UserError, match="not packed by PyTorch"):
        read_tensors(repacked(good, tmp_path / "3.pth", {}, zipfile.ZIP_DEFLATED))
    with pytest.raises(UnreadableFileError, match="no weights"):
        read_tensors(repacked(good, tmp_path / "4.pth", {"data.pkl": None}))
    with pytest.raises(UnreadableFileError, match="no weights"):
        read_tensors(saved(tmp_path / "5.pth", {"text": "a"}))
    with pytest.raises(UnreadableFileError, match="no weights"):
        read_tensors(saved(tmp_path / "6.pth", [1, 2]))
    (tmp_path / "7.pth").write_text("hello")
    with pytest.raises(UnreadableFileError, match="it is text"):
        read_tensors(tmp_path / "7.pth")
    (tmp_path / "8.pth").write_bytes(good.read_bytes()[:-30])
    with pytest.raises(UnreadableFileError, match="cut off"):
        read_tensors(tmp_path / "8.pth")
    with pytest.raises(UnreadableFileError, match="no such file"):
        read_tensors(tmp_path / "9.pth")
    assert read_tensors(repacked(script, tmp_path / "10.pth", {})).tensors


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4) | st.tuples(inner)
    ),
    max_leaves=20,
)


def _nothing(*_: object) -> Any:
    raise RefusedPickle("a name")


@given(_PLAIN, st.integers(0, 5))
def test_plain_values_are_read_like_pickle_does(value: Any, protocol: int) -> None:
    assert read_pickle(pickle.dumps(value, protocol), _nothing, _nothing) == value


@pytest.mark.parametrize(
    "data",
    [
        b"", b"N", b".", b"0.", b"(.", b"a.", b"R.", b"(d(lI1\ns.", b"h\x05.", b"\x80\x02]q\x00h\x00a",
        b"cos\nsystem\n(Vls\ntR.", b"N}b.", b"(t}N\x86R.", b"\x82\x01.", b"(Vls\nios\nsystem\n.", b"}(]Nu.",
    ],
)  # fmt: skip
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(RefusedPickle):
        read_pickle(data, _nothing, _nothing)


def test_a_memo_number_costs_no_memory() -> None:
    assert read_pickle(b"Nr\xff\xff\xff\xffj\xff\xff\xff\xff.", _nothing, _nothing) is None


def test_an_unknown_escape_in_a_text_stays_as_it_is() -> None:
    assert read_pickle(b"S'a\\d'\n.", _nothing, _nothing) == "a\\d"


def test_state_stays_values() -> None:
    made = Builder(lambda *_: Instance("a.B"))
    data = b"ca\nB\n)\x81}U\x09__class__I1\nsb."
    assert read_pickle(data, lambda *_: made, _nothing) == Instance("a.B", {"__class__": 1})


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damaged_bytes_are_never_worse_than_an_error(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good.pth"
    if not good.exists():
        saved(good, {"state_dict": {"a": torch.ones(4), "b": torch.ones(2, 2).t()}, "epoch": 1})
    with zipfile.ZipFile(good) as archive:
        pickled = bytearray(archive.read("good/data.pkl"))
    for _ in range(data.draw(st.integers(1, 4))):
        pickled[data.draw(st.integers(0, len(pickled) - 1))] = data.draw(st.integers(0, 255))
    bad = repacked(good, tmp_path / "bad.pth", {"data.pkl": bytes(pickled)})
    with contextlib.suppress(UserError):
        assert read_tensors(bad).tensors
