"""The bootstrap's commands: run, test, fuzz, setup, check."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import environment as environments
import failures
import qt_libraries

ROOT = Path(__file__).resolve().parent.parent
DEMO = ("demo", "--out", "./voxelwright-demo")
CHECKS = (("ruff", "check", "."), ("mypy",), ("lint-imports",))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status; problems end as one sentence."""
    options, passed_on = _parse(arguments)
    place = environments.Environment(ROOT)
    try:
        if options.command == "run":
            return start_program(place, passed_on)
        environments.prepare(place, ("run", "test"))
        if options.command == "setup":
            qt_libraries.ensure(window=has_display())
            return 0
        if options.command == "check":
            return run_checks(place)
        if options.command == "fuzz":
            return look_for_counterexamples(place, passed_on)
        return run_tests(place, passed_on)
    except failures.SetupError as problem:
        print(f"Error: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. The next start goes on where this one ended.", file=sys.stderr)
        return 130


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    own, passed_on = arguments, []
    if "--" in arguments:
        cut = arguments.index("--")
        own, passed_on = arguments[:cut], arguments[cut + 1 :]
    parser = argparse.ArgumentParser(
        prog="bootstrap.py",
        description="Set Voxelwright up and run or test it. Arguments after -- go to the program, or to pytest.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help="open the window, or run the demo where there is no display")
    commands.add_parser("test", help="check the code and run all tests")
    commands.add_parser("fuzz", help="run the tests that draw examples at random, longer and with new ones each time")
    commands.add_parser("setup", help="only install")
    commands.add_parser("check", help="only ruff, mypy and import-linter")
    return parser.parse_args(own), passed_on


def has_display() -> bool:
    """Tell whether a window can be shown."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def start_program(place: environments.Environment, arguments: list[str]) -> int:
    """Open the window, run the demo where there is no display, or run the given command."""
    environments.prepare(place, ("run",))
    display = has_display()
    qt_libraries.ensure(window=display)
    if not arguments and not display:
        print(
            f"There is no display, so the window cannot open. Running the demo instead: voxelwright {' '.join(DEMO)}",
            flush=True,
        )
        arguments = list(DEMO)
    return hand_over(place, [str(place.python), "-m", "desktop_app", *arguments])


def hand_over(place: environments.Environment, command: list[str]) -> int:
    """Become the program, so that Ctrl+C and signals reach it and nothing else."""
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(command[0], command)
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def run_checks(place: environments.Environment) -> int:
    """Run ruff, mypy and import-linter; return 1 if one of them complains."""
    failed = []
    for name, *words in CHECKS:
        print(f"{name} ...", flush=True)
        tool = str(place.python.with_name(name))
        if subprocess.run([tool, *words], cwd=place.root, check=False).returncode != 0:
            failed.append(name)
    if failed:
        print(f"Failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def run_tests(place: environments.Environment, arguments: list[str]) -> int:
    """Run the checks, then pytest, whose summary comes last; return 1 if anything failed."""
    qt_libraries.ensure(window=False)
    checked = run_checks(place)
    return _pytest(place, arguments or ["-n", "2"]) or checked


def look_for_counterexamples(place: environments.Environment, arguments: list[str]) -> int:
    """Run the tests that draw examples with many new ones; return 1 if one of them fails."""
    qt_libraries.ensure(window=False)
    return _pytest(place, ["-m", "hypothesis", *(arguments or ["-n", "2"])], VOXELWRIGHT_EXAMPLES="fuzz")


def _pytest(place: environments.Environment, arguments: list[str], **more: str) -> int:
    variables = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", **more}
    command = [str(place.python), "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=place.root, env=variables, check=False).returncode
