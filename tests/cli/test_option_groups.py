"""Options that are declared once in a group: what typer sees of them, and what the command gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from desktop_app.cli.app import app, run_command
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.core.errors import UserError

READING = {"--series", "--axes", "--voxel-size", "--time-as-z"}


@dataclass(frozen=True)
class Size:
    """A group whose first option must be given."""

    width: Annotated[int, typer.Option(min=2, help="Across.")]
    height: Annotated[int, typer.Option(help="Down.")] = 5


def _toy() -> tuple[typer.Typer, list[Any]]:
    got: list[Any] = []
    toy = typer.Typer(add_completion=False)

    @toy.command()
    @grouped
    def draw(name: str, *, size: Size, loud: bool = False) -> None:
        """Draw it."""
        got.append((name, size, loud))

    return toy, got


def _options(command: str) -> dict[str, Any]:
    """Options of a command by their first name."""
    commands: Any = get_command(app)
    return {part.opts[0]: part for part in commands.commands[command].params}


def test_a_group_arrives_whole_and_its_options_stand_where_it_stands() -> None:
    toy, got = _toy()
    assert CliRunner().invoke(toy, ["a", "--width", "3", "--loud"]).exit_code == 0
    assert got == [("a", Size(3, 5), True)]
    command = get_command(toy)
    assert [part.opts[0] for part in command.params] == ["name", "--width", "--height", "--loud"]
    assert command.help == "Draw it."


@pytest.mark.parametrize("wrong", [["a"], ["a", "--width", "1"], ["a", "--width", "x"]])
def test_what_an_option_of_a_group_requires_is_required(wrong: list[str]) -> None:
    toy, got = _toy()
    assert CliRunner().invoke(toy, wrong).exit_code == 2
    assert not got


@pytest.mark.parametrize(
    "command",
    ["info", "convert", "measure", "evaluate", "prepare", "utility", "find", "train", "infer", "picture", "movie"],
)
def test_each_command_that_reads_images_can_be_told_how(command: str) -> None:
    options = _options(command)
    assert set(options) >= READING
    assert all(options[name].help for name in READING)


def test_pictures_and_movies_have_the_same_options_each_explained() -> None:
    picture, movie = _options("picture"), _options("movie")
    assert list(picture) == list(movie)
    assert set(picture) == {
        *READING, "--image", "--out", "--labels", "--slice", "--time", "--channel", "--set", "--json",
    }  # fmt: skip
    for options in (picture, movie):
        assert all(part.help for part in options.values())
        assert {name for name, part in options.items() if part.required} == {"--image", "--out"}
        assert (options["--time"].default, options["--slice"].default) == (1, None)


def test_the_help_of_movies_shows_options_and_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert run_command(["movie", "--help"]) == 0
    shown = capsys.readouterr().out
    for words in (
        "--channel",
        "each in its colour",
        "Write a movie through the slices",
        "along",
        "pictures per second",
    ):
        assert words in shown


def test_a_wrong_voxel_size_is_told() -> None:
    with pytest.raises(UserError, match="nonsense"):
        ReadingOptions(voxel_size="nonsense").reading()
