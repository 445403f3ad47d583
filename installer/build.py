"""Build what people receive, and test it.

    python3 installer/build.py linux            the program, a .deb, a self-extracting .run, an AppImage, and the app as
                                                an update
    python3 installer/build.py program          only the program in a folder, which the others pack
    python3 installer/build.py windows          the NSIS installer (elsewhere with --stand-in its script alone)
    python3 installer/build.py macos            the app bundle and the disk image (on a Mac)
    python3 installer/build.py app              the app layer alone, as a signed update
    python3 installer/build.py runtime --from F the GPU layer from a folder with a torch for GPUs, in signed parts
    python3 installer/build.py runtime --cuda   the same, with that torch fetched from PyTorch's index
    python3 installer/build.py manual           the manual as one HTML file and as a PDF
    python3 installer/build.py check            all that this system can build, and the tests of what was built, with
                                                the minutes that each step took; the steps can be run one by one, too:
                                                base, program, packages, appimage, bare, try-deb, try-run,
                                                try-appimage, try-windows, tests

`--out FOLDER` says where (default: build/installers). Updates and layers are signed with the key in the environment
variable VOXELWRIGHT_SIGNING_KEY, else with one that is made in that folder. On Linux the program is built on an old
Debian in that folder, so that it starts on old systems, too (`installer/old_base.py`); that takes Python 3.11, root's
rights and debootstrap. Without them, and with `--here`, it is built on this system and starts on none that is older.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "installer")]

import bundle  # noqa: E402
import environment  # noqa: E402
import file_types  # noqa: E402
import layer_files  # noqa: E402
import old_base  # noqa: E402
import qt_libraries  # noqa: E402
import whole_check  # noqa: E402
from failures import SetupError  # noqa: E402

_HEAD = "--appimage-runtime"
_WITHOUT_PACKAGES = ("program", "base", "bare")  # they run on an old system's Python, too; others import the program


def main(arguments: list[str] | None = None) -> int:
    """Run one command; problems end as one sentence."""
    options = _parser().parse_args(arguments)
    if options.command not in _WITHOUT_PACKAGES and importlib.util.find_spec("psutil") is None:
        return _with_packages(sys.argv[1:] if arguments is None else arguments)
    options.out = options.out.absolute()
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        status = COMMANDS[options.command](options)
    except SetupError as problem:
        print(f"Error: {problem}", file=sys.stderr)
        return 2
    print(f"{options.command}: {time.monotonic() - began:.0f} s", flush=True)
    return status


def _with_packages(arguments: list[str]) -> int:
    """The same with the project's own environment, which is made if it isn't there."""
    place = environment.Environment(ROOT)
    try:
        environment.prepare(place, ("run", "test"))
    except SetupError as problem:
        print(f"Error: {problem}", file=sys.stderr)
        return 2
    return subprocess.run([str(place.python), __file__, *arguments], check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py", description="Build the installers and test them.")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "installers", help="where to build")
    parser.add_argument("--python", type=Path, help="a Python that has the packages of both lock files already")
    parser.add_argument(
        "--from", dest="source", type=Path, help="folder with a torch for GPUs, as pip --target lays it"
    )
    parser.add_argument("--cuda", action="store_true", help="fetch that torch from PyTorch's index")
    parser.add_argument("--index", metavar="ADDRESS", help="index of packages to fetch it from, other than PyTorch's")
    parser.add_argument("--stand-in", action="store_true", help="pack a small stand-in instead of the built program")
    parser.add_argument("--here", action="store_true", help="build on this system rather than on an old Debian")
    parser.add_argument("--packages", type=Path, help="install from this folder of wheels, and from no index")
    parser.add_argument(
        _HEAD, dest="head", type=Path, metavar="FILE",
        help="head for the AppImage: runtime-x86_64 of the AppImage project, or any AppImage; else one is fetched",
    )  # fmt: skip
    parser.add_argument("--again", action="store_true", help="pack what was built before, without building it again")
    return parser


def build_program(options: argparse.Namespace) -> Path:
    """The whole installation in a folder, and what it weighs."""
    target: Path = options.out / "Voxelwright"
    if options.again and (target / "app").is_dir():
        return target
    key = layer_files.signing_key(options.out)
    if not options.here and options.python is None and old_base.is_possible():
        old_base.build_program(ROOT, options.out)
        return target
    qt_libraries.ensure(window=True)  # what this system lacks, the program would lack on every other
    python = options.python or bundle.build_python(ROOT, options.out, options.packages)
    from desktop_app.core.signatures import public_key

    runtime = bundle.build_runtime(ROOT, options.out, python)
    program = bundle.assemble(ROOT, runtime, python, target, public_key(key))
    print(bundle.weight_in_words(program), flush=True)
    if libc := bundle.libc_of(program):
        print(f"Starts on Linux with glibc {libc} or newer.", flush=True)
    if layer_files.tree_size(program) > bundle.MOST_UNPACKED:
        raise SetupError("The program is larger than it may be; see installer/bundle_contents.py.")
    return program


def build_folder(options: argparse.Namespace) -> int:
    """The program's folder alone."""
    build_program(options)
    return 0


def build_linux(options: argparse.Namespace) -> int:
    """The program, and its packages."""
    build_program(options)
    status = pack_linux(options)
    if not shutil.which("mksquashfs"):
        print(f"Left out: {whole_check.NO_APPIMAGE}", flush=True)
        return status
    return build_appimage(options)


def pack_linux(options: argparse.Namespace) -> int:
    """The Debian package, the self-extracting archive, and the update."""
    import linux_packages

    program = _built(options)
    version = bundle.version_of(ROOT)
    package = linux_packages.debian_package(ROOT, program, version, bundle.libc_of(program), options.out)
    _weigh(package)
    _weigh(linux_packages.self_extracting(ROOT, package, version, options.out))
    return build_app(options)


def build_appimage(options: argparse.Namespace) -> int:
    """The AppImage of what was built."""
    import appimage_head
    import linux_packages

    program = _built(options)
    head = options.head or appimage_head.fetch(ROOT, options.out)
    _weigh(linux_packages.app_image(ROOT, program, bundle.version_of(ROOT), head, options.out))
    return 0


def _weigh(file: Path) -> None:
    size = file.stat().st_size
    print(f"{file.name}: {size / 1e6:.0f} MB of {bundle.MOST_PACKED / 1e6:.0f}", flush=True)
    if size > bundle.MOST_PACKED:
        raise SetupError(f"{file.name} is larger than it may be.")


def _built(options: argparse.Namespace) -> Path:
    program: Path = options.out / "Voxelwright"
    if not (program / "app" / "app.json").exists():
        raise SetupError(f"There is no built program in {program}; build it first.")
    return program


def build_app(options: argparse.Namespace) -> int:
    """The app layer as an update, signed."""
    import json

    program = _built(options)
    facts = json.loads((program / "app" / "app.json").read_text(encoding="utf-8"))
    manifest = layer_files.pack_layer(
        program / "app",
        {"kind": "app", "version": facts["version"], "runtime": facts["runtime"], "changes": _changes()},
        options.out / "update",
        layer_files.signing_key(options.out),
    )
    print(f"Update: {manifest}", flush=True)
    return 0


def _changes() -> str:
    """What the change log says of the newest version."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    parts = text.split("\n## ")
    return parts[1].partition("\n")[2].strip() if len(parts) > 1 else ""


def build_gpu(options: argparse.Namespace) -> int:
    """The layer with a torch for GPUs, in signed parts."""
    import gpu_layer

    source: Path | None = options.source
    if source is None:
        if not options.cuda:
            raise SetupError("Say --cuda, or --from FOLDER.")
        source = options.out / "cuda"
        gpu_layer.fetch(ROOT, source, options.index or gpu_layer.INDEX)
    print(f"GPU support: {gpu_layer.pack(source, options.out)}", flush=True)
    return 0


def build_windows(options: argparse.Namespace) -> int:
    """The Windows installer; with a stand-in, its script is compiled and no program is in it."""
    import windows_installer

    program = None if options.stand_in else build_program(options)
    print(windows_installer.build(ROOT, program, bundle.version_of(ROOT), options.out), flush=True)
    return 0


def build_macos(options: argparse.Namespace) -> int:
    """The app bundle and its disk image."""
    if sys.platform != "darwin":
        raise SetupError("The disk image is built on a Mac.")
    program = build_program(options)
    script = ROOT / "installer" / "macos" / "make_dmg.sh"
    version, plist = bundle.version_of(ROOT), options.out / "Info.plist"
    plist.write_bytes(file_types.info_plist(ROOT, version))
    words = ["bash", str(script), str(program), version, str(options.out), str(plist)]
    return subprocess.run(words, check=False).returncode


def build_manual(options: argparse.Namespace) -> int:
    """The manual as one HTML file and as a PDF."""
    import manual_files

    for path in manual_files.write(ROOT, options.out, bundle.version_of(ROOT)):
        print(path, flush=True)
    return 0


def check(options: argparse.Namespace) -> int:
    """Build all that this system can, then test what was built."""
    words = ["--here"] if options.here else []
    for flag, value in (("--python", options.python), ("--packages", options.packages), (_HEAD, options.head)):
        words += [flag, str(value)] if value is not None else []
    return whole_check.run(Path(__file__), options.out, words, options.here)


def make_base(options: argparse.Namespace) -> int:
    """The old system that the program is built on; what takes longest, and is kept."""
    old_base.fetch_packages(ROOT, options.out)
    print(old_base.make(options.out, jobs=os.cpu_count() or 1), flush=True)
    return 0


def make_bare(options: argparse.Namespace) -> int:
    """The bare system that packages are tried in."""
    import bare_root

    print(bare_root.make(options.out, old_base.suite_to_try(options.here)), flush=True)
    return 0


def _try_package(pattern: str, options: argparse.Namespace) -> int:
    import bare_root

    name = pattern.format(bundle.version_of(ROOT))
    package = next(iter(options.out.glob(name)), None)
    if package is None:
        raise SetupError(f"There is no {name} in {options.out}; build it first.")
    return 0 if bare_root.try_package(package, options.out, old_base.oldest_suite(options.out / "Voxelwright")) else 1


def compile_windows(options: argparse.Namespace) -> tuple[Path, Path]:
    """The Windows installer of two versions, with a small stand-in for the program."""
    import windows_installer

    old, new = (windows_installer.build(ROOT, None, version, options.out) for version in ("0.0.1", "0.0.2"))
    return old, new


def try_windows(options: argparse.Namespace) -> int:
    """Install, upgrade and remove the stand-ins under Wine."""
    import windows_trial

    for sentence in windows_trial.try_installer(*compile_windows(options), options.out / "wine"):
        print(sentence, flush=True)
    return 0


def run_tests(options: argparse.Namespace) -> int:
    """The tests of the built program."""
    python = ROOT / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [str(python if python.exists() else sys.executable), "-m", "pytest", "-q", "-n", "0", "tests/bundle"]
    variables = {**os.environ, "VOXELWRIGHT_BUILT": str(options.out)}
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "linux": build_linux,
    "program": build_folder,
    "windows": build_windows,
    "macos": build_macos,
    "app": build_app,
    "runtime": build_gpu,
    "manual": build_manual,
    "check": check,
    "base": make_base,
    "packages": pack_linux,
    "appimage": build_appimage,
    "bare": make_bare,
    "try-deb": partial(_try_package, "voxelwright_{}_*.deb"),
    "try-run": partial(_try_package, "*-{}-*.run"),
    "try-appimage": partial(_try_package, "*-{}-*.AppImage"),
    "compile-windows": lambda options: 0 if compile_windows(options) else 1,
    "try-windows": try_windows,
    "tests": run_tests,
}


if __name__ == "__main__":
    sys.exit(main())
