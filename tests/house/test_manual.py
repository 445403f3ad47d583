"""What the manual names exists: commands and their options, menu entries with their keys, and quoted messages."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel
from typer.main import get_command

from desktop_app.cli.app import app
from desktop_app.core.config.epochs import Epochs
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.patches import PatchSettings
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.losses.registry import LOSSES
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.gui.actions import labelling_actions, menus, viewer_actions
from desktop_app.gui.actions.action_info import ActionInfo
from desktop_app.gui.actions.layer_actions import LAYER_ACTIONS
from desktop_app.gui.actions.looking_actions import LOOKING_ACTIONS
from desktop_app.gui.actions.main_actions import MAIN_ACTIONS
from desktop_app.gui.actions.object_actions import object_actions
from desktop_app.gui.actions.review_actions import REVIEW_ACTIONS
from desktop_app.gui.actions.tool_actions import TOOL_ACTIONS
from desktop_app.gui.actions.training_actions import TRAINING_ACTIONS
from desktop_app.jobs.utilities.registry import UTILITIES
from desktop_app.objects.operations import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "resources" / "help").glob("*.md")), ROOT / "README.md"]
TEXT = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
OWN_OPTIONS = {"--help", "--json", "--version", "--set", "--config", "--self-test"}
QUOTED = re.compile(r"“([^”]+)”")
BOLD = re.compile(r"\*\*([^*]+)\*\*")
SETTINGS, ROW = (
    re.compile(r"^\| Setting \|.*\n\|[-|]+\n((?:\|.*\n)+)", re.MULTILINE),
    re.compile(r"^\| ([^|]+) \|", re.MULTILINE),
)
_TELLING = 6  # letters of a text that are known beforehand; fewer would tell nothing of what it says
STRESSED = {
    "16 patches of 256 × 256 px", "Along, Up, Groups", "CEM pretrained ResNet50", "Directions.", "Groups.",
    "Labels of a few slices.", "With objects", "Without objects", "how the score depends on the threshold", "nuclei2d",
    "nuclei3d",
}  # fmt: skip
"""Bold in the manual because it matters, not because the window calls something so."""
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
OPTION = re.compile(r"--[a-z][a-z-]*")
MENU = re.compile(r"\*\*(Project|Edit|Label|Objects|View|Model|Tools|Help) ▸ ([^*]+)\*\*(?: \(([^)]+)\))?")
MENUS = {
    "Project": menus.PROJECT_MENU,
    "Edit": menus.EDIT_MENU,
    "Label": menus.label_menu(),
    "Objects": menus.objects_menu(),
    "View": menus.VIEW_MENU,
    "Model": menus.MODEL_MENU,
    "Tools": menus.TOOLS_MENU,
    "Help": menus.HELP_MENU,
}


def _commands() -> dict[str, set[str]]:
    """Options by the words of a command, such as ``models import``."""
    found: dict[str, set[str]] = {}

    def walk(words: str, command: typer.core.TyperCommand) -> None:
        found[words] = {name for part in command.params for name in (*part.opts, *part.secondary_opts)}
        for name, inner in getattr(command, "commands", {}).items():
            walk(f"{words} {name}".strip(), inner)

    walk("", get_command(app))
    return found


COMMANDS = _commands()


def _lines_of_code() -> Iterator[tuple[str, str]]:
    for page, text in TEXT.items():
        for span in CODE.findall(text):
            for line in span.strip("`").splitlines():
                if line.startswith("voxelwright "):
                    yield page, line


def _command_of(line: str) -> str:
    words = line.split()[1:]
    longest = [" ".join(words[:count]) for count in (2, 1) if " ".join(words[:count]) in COMMANDS]
    return longest[0] if longest else ""


def test_commands_and_options_exist() -> None:
    wrong = []
    for page, line in _lines_of_code():
        command = _command_of(line)
        if not command and re.match(r"voxelwright [a-z]", line) and "|" not in line:
            wrong.append(f"{page}: {line}")
        wrong += [f"{page}: {o} of {line}" for o in OPTION.findall(line) if o not in COMMANDS[command] | OWN_OPTIONS]
    assert wrong == []
    assert len(list(_lines_of_code())) > 20


def test_the_table_of_options_is_true_and_whole() -> None:
    """Every option that a command has beyond those of all stands in the page about the command line."""
    text = TEXT["command-line.md"]
    named: dict[str, set[str]] = {command: set() for command in COMMANDS}
    for _, line in (pair for pair in _lines_of_code() if pair[0] == "command-line.md"):
        named.setdefault(_command_of(line), set()).update(OPTION.findall(line))
    for row in re.findall(r"^\| `.*$", text, re.MULTILINE):
        commands, options = row.split("|")[1:3]
        for command in re.findall(r"`([^`]+)`", commands):
            assert set(OPTION.findall(options)) <= COMMANDS[command], row
            named[command] |= set(OPTION.findall(options))
    switched = {o for options in COMMANDS.values() for o in options if f"--no-{o[2:]}" in options}
    silent = {
        f"{command} {option}"
        for command, options in COMMANDS.items()
        if command and not command.startswith("models")
        for option in options - named[command] - OWN_OPTIONS - switched
        if option.startswith("--")
    }
    assert silent == set()


def _actions() -> dict[str, ActionInfo]:
    looking = (*viewer_actions.VIEWER_ACTIONS, *LOOKING_ACTIONS, *LAYER_ACTIONS)
    labelling = (*labelling_actions.labelling_actions(), *object_actions(), *REVIEW_ACTIONS)
    tables = (MAIN_ACTIONS, looking, labelling, TRAINING_ACTIONS, TOOL_ACTIONS)
    return {info.id: info for table in tables for info in table}


@pytest.mark.parametrize("page", [page for page, text in TEXT.items() if MENU.search(text)])
def test_menu_entries_and_their_keys_exist(page: str) -> None:
    actions, wrong = _actions(), []
    for menu, entry, keys in MENU.findall(TEXT[page]):
        found = [actions[i] for i in MENUS[menu] if i in actions and actions[i].text.rstrip("…") == entry.rstrip("…")]
        if not found or (keys.startswith(("Ctrl", "F1")) and keys not in found[0].shortcuts):
            wrong.append(f"{menu} ▸ {entry} {keys}")
    assert wrong == []


def _titles() -> set[str]:
    """Names of parameters, of their choices, and of what has a form, as the window shows them."""
    found: set[str] = set()

    def walk(model: type[BaseModel]) -> None:
        for field in model.model_fields.values():
            inner = field.annotation
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                walk(inner)
            found.add(field.title or "")

    shown = (*RECIPES.values(), *NETWORKS.values(), *LOSSES.values(), *OPERATIONS.values(), *UTILITIES.values())
    found |= {one.title for one in shown} | {mode.title for info in RECIPES.values() for mode in info.modes}
    for model in (
        TrainingConfig,
        InferenceConfig,
        Epochs,
        PatchSettings,
        *(part for info in RECIPES.values() for part in (info.training, info.prediction, info.decode)),
        *(one.parameters for one in UTILITIES.values()),
    ):
        walk(model)
    return found


def test_parameters_of_other_programs_lead_to_ours() -> None:
    rows = re.findall(r"^\|[^|]*\|([^|]*)\|$", TEXT["coming-from.md"], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", row)}
    assert named - _titles() == set()
    assert len(named) > 40


@functools.cache
def _said() -> tuple[str, re.Pattern[str]]:
    """All texts of the program in one, and a pattern of those with something in them that is known only later."""
    plain, filled = [], []
    for path in (ROOT / "desktop_app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain.append(" ".join(node.value.split()))
            elif isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else None for p in node.values]
                if sum(len(part) for part in parts if isinstance(part, str)) >= _TELLING:
                    filled.append("".join(".+" if part is None else re.escape(str(part)) for part in parts))
    return "\n".join(plain), re.compile("|".join(sorted(set(filled))))


def _is_said(words: str) -> bool:
    plain, filled = _said()
    return words in plain or filled.fullmatch(words) is not None


@pytest.mark.parametrize("page", [page for page, text in TEXT.items() if "“" in text])
def test_quoted_messages_are_said(page: str) -> None:
    parts = [" ".join(part.split()) for text in QUOTED.findall(TEXT[page]) for part in text.split("…")]
    assert [part for part in parts if part and not _is_said(part)] in ([], ["Open with"])  # words of file managers


@pytest.mark.parametrize("page", [page for page in TEXT if page != "README.md"])
def test_names_in_bold_are_those_of_the_window(page: str) -> None:
    """Buttons, fields, pages, choices: what is bold and is none of them stands in a list of its own.

    So are the settings that a table gives a rule for.
    """
    wrong = []
    settings = [name for table in SETTINGS.findall(TEXT[page]) for row in ROW.findall(table) for name in row.split(",")]
    for bold in (*BOLD.findall(TEXT[page]), *settings):
        for name in re.split(r" ▸ |: ", " ".join(bold.split()).strip("…: ")):
            words = name.strip("…: ")
            if words and not _is_said(words) and words not in STRESSED and not words.startswith("--"):
                wrong.append(words)
    assert wrong == []
