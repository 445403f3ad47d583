"""Commands end to end: what they print, what they write, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from desktop_app.cli import app as cli
from desktop_app.cli.app import run_command
from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.job import JobCancelled
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.tables import read_csv
from tests.io.labels.foreign_images import write_image_with_labels

COMMANDS = (
    "demo", "info", "convert", "patches", "pixels", "prepare", "train", "infer", "evaluate", "measure", "surfaces",
    "utility", "turn", "write-back", "models",
)  # fmt: skip
SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    voxels = np.zeros((3, 10, 12), np.uint16)
    voxels[1, 2:5, 2:6] = 7
    volume = Volume.from_array(voxels, voxel_size=SIZE)
    write_volume(tmp_path / "a.tif", volume.source, volume)
    return tmp_path / "a.tif"


def _json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize("command", [*((c,) for c in COMMANDS), ("models", "import"), ("models", "delete")])
def test_every_command_explains_itself(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*command, "--help"]) == 0
    assert f"Usage: voxelwright {' '.join(command)}" in capsys.readouterr().out


def test_help_of_train_shows_defaults_bounds_and_units(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run_command(["train", "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    line = next(line for line in lines if line.startswith("optimisation.iterations"))
    assert "1 to 1000000" in line
    assert "Training steps" in line
    line = next(line for line in lines if line.startswith("augmentation.elastic"))
    assert " px " in line
    keys = [line.split()[0] for line in lines if line.startswith(("network_arguments.", "patch_size"))]
    (line,) = (line for line in lines if line.strip().startswith("vnet3d "))
    assert "for a GPU" in line
    assert line.rstrip().endswith("Milletari et al. 2016, arXiv 1606.04797")
    assert keys.index("network_arguments.levels") < keys.index("network_arguments.dropout") < keys.index("patch_size")


def test_help_of_train_says_for_which_network_bounds_hold(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    assert run_command(["train", "--help"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("network_arguments.")]
    channels = {
        line.split("(")[1].split(")")[0]: line for line in lines if line.startswith("network_arguments.channels")
    }
    assert "4 to 128" in channels["unet2d/3d"]
    assert "32 to 384 in steps of 8" in channels["panoptic_bifpn"]
    allowed = [line for line in lines if line.startswith("network_arguments.norm ")]
    assert any("batch or published" in line and "(" not in line.split("batch")[0] for line in allowed)
    assert any("batch or group" in line and "panoptic_deeplab" in line for line in allowed)
    assert sum(line.startswith("network_arguments.encoder ") for line in lines) == 1


def test_help_of_infer_shows_how_labels_are_made(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run_command(["infer", "--help"]) == 0
    assert "decode.seed_threshold" in capsys.readouterr().out


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out.startswith("Voxelwright ")


@pytest.mark.parametrize(
    "arguments",
    [["trian"], ["info"], ["train", "--colour", "red"], ["evaluate", "--iou", "7", "--predicted", "a"]],
)
def test_wrong_arguments_end_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(arguments) == 2
    assert capsys.readouterr().out == ""


def test_info_tells_axes_shape_type_and_voxel_size(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["info", str(image), "--json"]) == 0
    (line,) = _json_lines(capsys.readouterr().out)
    (facts,) = line["files"]
    assert (facts["axes"], facts["shape"], facts["dtype"]) == ("ZYX", "3 × 10 × 12", "uint16")
    assert facts["voxel_size"] == SIZE.describe()


def test_info_lists_bad_files_and_ends_with_1(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = image.with_name("bad.tif")
    bad.write_bytes(b"")
    assert run_command(["info", str(image), str(bad), "--json"]) == 1
    (line,) = _json_lines(capsys.readouterr().out)
    assert [bool(facts["problem"]) for facts in line["files"]] == [False, True]
    assert "bad.tif" in line["files"][1]["problem"]
    assert run_command(["info", str(bad)]) == 1
    assert capsys.readouterr().out.startswith("Cannot open bad.tif: the file is empty")


def test_convert_writes_the_other_format(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = image.with_name("b.ome.zarr")
    assert run_command(["convert", str(image), str(target)]) == 0
    np.testing.assert_array_equal(open_volume(target).read(), open_volume(image).read())
    assert "Written:" in capsys.readouterr().out


def test_measure_wants_labels_or_a_project_and_a_table(image: Path, tmp_path: Path) -> None:
    assert run_command(["measure", "--out", str(tmp_path / "o.csv")]) == 2
    assert run_command(["measure", "--labels", str(image), "--out", str(tmp_path / "o.txt")]) == 2
    out = tmp_path / "o.xlsx"
    assert run_command(["measure", "--labels", str(image), "--out", str(out), "--set", "shape=false"]) == 0
    assert out.exists()


def test_a_utility_is_called_by_its_name_with_its_settings(image: Path, tmp_path: Path) -> None:
    assert run_command(["utility", "crop", str(image), "--set", "x_size=4"]) == 0
    assert open_volume(image.with_name("a_crop.tif")).shape == (3, 10, 4)
    assert run_command(["utility", "cropp", str(image)]) == 2
    assert run_command(["utility", "merge-blocks", str(tmp_path)]) != 0


def test_measure_writes_the_table(image: Path) -> None:
    out = image.with_name("objects.csv")
    assert run_command(["measure", "--labels", str(image), "--image", str(image), "--out", str(out)]) == 0
    (row,) = read_csv(out)
    assert (row["id"], row["voxels"], row["mean_intensity"]) == ("7", "12", "7")


def test_evaluate_prints_scores_and_fails_on_what_is_missing(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = image.parent / "predicted"
    folder.mkdir()
    image.rename(folder / "a.tif")
    volume = open_volume(folder / "a.tif")
    truth = image.parent / "truth"
    truth.mkdir()
    for name in ("a.tif", "b.tif"):
        write_volume(truth / name, volume.source, volume)
    out = image.parent / "scores.csv"
    arguments = ["evaluate", "--predicted", str(folder), "--truth", str(truth), "--out", str(out)]
    assert run_command(arguments) == 1
    shown = capsys.readouterr()
    assert "Dice" in shown.out
    assert "b: There is no predicted label file." in shown.out
    assert len(read_csv(out)) == 2


def test_prepare_makes_the_parts(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    volume = open_volume(image)
    for number in range(4):
        for kind in ("images", "labels"):
            place = image.parent / "data" / kind / f"{number}.tif"
            place.parent.mkdir(parents=True, exist_ok=True)
            write_volume(place, volume.source, volume)
    out = image.parent / "dataset"
    assert run_command(["prepare", str(image.parent / "data"), "--out", str(out), "--test", "0", "--json"]) == 0
    result = _json_lines(capsys.readouterr().out)[-1]
    assert result["event"] == "result"
    assert result["parts"] == {"train": 3, "val": 1, "test": 0}


def test_a_users_error_is_one_sentence_and_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["measure", "--labels", str(tmp_path / "no.tif"), "--out", str(tmp_path / "o.csv")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Cannot open no.tif" in shown.err
    assert "Traceback" not in shown.err


def test_a_damaged_file_is_a_failed_case_and_a_missing_one_a_wrong_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.tif").write_bytes(b"")
    for name, status in (("bad.tif", 1), ("missing.tif", 2)):
        assert run_command(["convert", str(tmp_path / name), str(tmp_path / "out.tif")]) == status
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith(f"Cannot open {name}:")
        assert len(shown.err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.tif"]


def test_a_users_error_is_a_json_line_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["measure", "--labels", str(tmp_path / "no.tif"), "--out", str(tmp_path / "o.csv"), "--json"]
    assert run_command(arguments) == 2
    line = _json_lines(capsys.readouterr().out)[-1]
    assert line["event"] == "error"
    assert "no.tif" in line["message"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (JobCancelled(), 130, "Stopped."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (UserError("The disk is full.", hint="Make room."), 2, "The disk is full. Make room."),
        (UnwritableFileError("a.tif", "the disk is full."), 1, "Cannot write a.tif: the disk is full."),
        (ZeroDivisionError("oh"), 1, "Unexpected problem"),
    ],
)
def test_how_things_end(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    words: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    assert run_command(["info"]) == status
    assert words in capsys.readouterr().err


def test_train_without_data_says_what_is_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run_command(["train", "--out", str(tmp_path / "run")]) == 2
    assert "--dataset is missing" in capsys.readouterr().err
    assert run_command(["train", "--dataset", str(tmp_path)]) == 2
    assert "--out is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [("--network", "unet3", "Did you mean unet3d?"), ("--recipe", "zzz", "Known: semantic")],
)
def test_unknown_networks_and_recipes_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, value: str, hint: str
) -> None:
    assert run_command(["train", "--dataset", str(tmp_path), "--out", str(tmp_path / "r"), option, value]) == 2
    assert hint in capsys.readouterr().err


def test_infer_with_an_unknown_model_says_so(capsys: pytest.CaptureFixture[str], image: Path) -> None:
    arguments = ["infer", "--model", "none", "--input", str(image), "--output", str(image.parent / "out")]
    assert run_command(arguments) == 2
    assert "no model “none”" in capsys.readouterr().err


def test_commands_start_without_torch_and_without_a_window() -> None:
    script = (
        "import sys; sys.argv = ['voxelwright', '--help']\n"
        "from desktop_app.__main__ import main\n"
        "status = main()\n"
        "sys.exit(status or any(name in sys.modules for name in ('torch', 'PySide6')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_left_out_of_a_file_is_told_by_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "film.tif"
    tifffile.imwrite(film, np.ones((2, 3, 8, 8), np.uint16), imagej=True, metadata={"axes": "TZYX"})
    with tifffile.TiffWriter(film) as file:
        file.write(np.ones((3, 8, 8), np.uint16), photometric="minisblack")
        file.write(np.ones((9, 9), np.uint16))
    told = "The file holds one more image (“Image 2”); “Image 1” is used."
    assert run_command(["info", str(film)]) == 0
    assert f"film.tif: {told}" in capsys.readouterr().out
    assert run_command(["info", str(film), "--json"]) == 0
    assert _json_lines(capsys.readouterr().out)[0]["files"][0]["notes"] == [told]
    commands = (
        ["convert", str(film), str(tmp_path / "b.ome.zarr")],
        ["measure", "--labels", str(film), "--out", str(tmp_path / "o.csv")],
    )
    for command in commands:
        assert run_command(command) == 0
        assert f"film.tif: {told}" in capsys.readouterr().err
        assert run_command([*command, "--json"]) == 0
        lines = _json_lines(capsys.readouterr().out)
        assert f"film.tif: {told}" in [line["text"] for line in lines if line["event"] == "note"]


def test_info_tells_the_time_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = tmp_path / "film.tif"
    tifffile.imwrite(film, np.ones((2, 3, 8, 8), np.uint16), imagej=True, metadata={"axes": "TZYX"})
    assert run_command(["info", str(film), "--json"]) == 0
    facts = _json_lines(capsys.readouterr().out)[0]["files"][0]
    assert (facts["axes"], facts["times"], facts["shape"]) == ("TZYX", 2, "3 × 8 × 8")


def test_a_name_that_is_no_text_is_shown_escaped(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad\xff.tif")
    try:
        path.write_bytes(b"")
    except (OSError, UnicodeError):
        pytest.skip("this disk takes only names that are text")
    script = "import sys; from desktop_app.cli.app import run_command; sys.exit(run_command(sys.argv[1:]))"
    for more in ([], ["--json"]):
        command = [sys.executable, "-c", script, "info", str(path), *more]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert done.returncode == 1
        assert b"the file is empty" in done.stdout
        done.stdout.decode("utf-8")


def test_where_a_result_lies_is_shown_escaped_as_the_image_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, path = tmp_path / "a.tif", tmp_path / os.fsdecode(b"bad\xff.tif")
    tifffile.imwrite(source, np.ones((3, 8, 8), np.uint16), photometric="minisblack")
    try:
        path.write_bytes(b"")
    except (OSError, UnicodeError):
        pytest.skip("this disk takes only names that are text")
    assert run_command(["convert", str(source), str(path)]) == 0
    assert capsys.readouterr().out == f"Written: {tmp_path}{os.sep}bad\\xff.tif\n"


def test_files_are_read_as_the_options_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "many.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(np.ones((3, 8, 8), np.uint16), photometric="minisblack", metadata={"axes": "TYX"})
        file.write(np.ones((9, 9), np.uint16))
    options = ("--series", "Image 1", "--axes", "TYX", "--time-as-z", "--voxel-size", "2,0.5,0.5 um")
    assert run_command(["info", str(path), *options, "--json"]) == 0
    facts = _json_lines(capsys.readouterr().out)[0]["files"][0]
    assert (facts["shape"], facts["times"], facts["voxel_size"]) == ("3 × 8 × 8", 1, "0.5 × 0.5 × 2 µm (x, y, z)")
    assert facts["images"] == ["Image 1: TYX 3 × 8 × 8, uint16", "Image 2: YX 9 × 9, uint16"]
    assert run_command(["convert", str(path), str(tmp_path / "b.tif"), *options]) == 0
    assert open_volume(tmp_path / "b.tif").voxel_size == VoxelSize(z=2, y=0.5, x=0.5)
    assert run_command(["convert", str(path), str(tmp_path / "c.tif"), "--time", "2"]) == 0
    assert open_volume(tmp_path / "c.tif").times == 1
    assert run_command(["convert", str(path), str(tmp_path / "d.tif"), "--time", "1,3"]) == 0
    assert open_volume(tmp_path / "d.tif").times == 2
    assert run_command(["info", str(path), "--axes", "TTYX"]) == 2
    assert "is there twice" in capsys.readouterr().err
    assert run_command(["info", str(path), "--voxel-size", "wide"]) == 2


def test_labels_are_written_back_into_their_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = np.zeros((4, 8, 8), np.uint16)
    group = write_image_with_labels(tmp_path / "a.ome.zarr", old)
    new = Volume.from_array(np.full((4, 8, 8), 5, np.uint16))
    write_volume(tmp_path / "new.tif", new.source, new)
    assert run_command(["write-back", str(tmp_path / "new.tif"), str(group), "--json"]) == 0
    told = _json_lines(capsys.readouterr().out)[-1]
    np.testing.assert_array_equal(open_volume(group).read(), 5)
    np.testing.assert_array_equal(open_volume(Path(told["copy"])).read(), 0)


def test_a_folder_of_images_is_converted_and_goes_on(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b.tif").write_bytes(b"II*\0 no more of it")
    arguments = ["convert", str(tmp_path), str(tmp_path / "out"), "--to", "ome.zarr", "--json"]
    assert run_command(arguments) == 1
    told = _json_lines(capsys.readouterr().out)[-1]
    assert [Path(p).name for p in told["written"]] == ["a.ome.zarr"]
    assert "b.tif" in told["failed"][0]
    assert run_command(arguments) == 1
    assert [Path(p).name for p in _json_lines(capsys.readouterr().out)[-1]["kept"]] == ["a.ome.zarr"]
    assert run_command([*arguments, "--time", "2-3"]) == 1
    assert "no number 2-3" in _json_lines(capsys.readouterr().out)[-1]["failed"][0]


def test_an_array_of_a_file_is_chosen_as_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["raw"], file["other/stack"] = np.zeros((3, 10, 12), np.uint8), np.ones((2, 10, 12), np.uint8)
    out = tmp_path / "b.tif"
    assert run_command(["convert", str(tmp_path / "a.h5"), str(out), "--dataset", "other/stack"]) == 0
    np.testing.assert_array_equal(open_volume(out).read(), 1)
