"""The old Linux that the program is built on: a Debian 11 in a folder, with a Python that is compiled there.

A program asks for the glibc of the system that it was built on. The wheels of all libraries ask for 2.28 at most, if Qt
is 6.9 (6.10 and newer ask for 2.34); a Python and the system libraries of Debian 12 ask for 2.36. So both come from
Debian 11, which has 2.31: that is the oldest Debian whose packages its mirrors still hold, and what it builds starts on
Ubuntu 20.04, RHEL 9 and all that is newer. It has no Python 3.11, so that is compiled from the source of Debian 12; not
along what a profile of it says, which differs each time: what is compiled twice is to be the same, so that an update of
the app fits whatever was built from the same parts.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import bare_system
import bundle
import layer_files
import qt_libraries
from failures import SetupError

SUITE, GLIBC = "bullseye", "2.31"
PYTHON_SUITE, PYTHON = "bookworm", "3.11"
_PREFIX = "/opt/python"
_TOOLS = (
    "build-essential", "ca-certificates", "dpkg-dev", "libbz2-dev", "libffi-dev", "liblzma-dev", "libsqlite3-dev",
    "libssl-dev", "pkg-config", "uuid-dev", "xz-utils", "zlib1g-dev",
)  # fmt: skip
_NEEDED = "bz2, ctypes, lzma, pyexpat, sqlite3, ssl, uuid, zlib"
"""Modules that are left out without an error where a header is missing."""
_COMPILE = f"""
echo "deb-src {bare_system.MIRROR} {PYTHON_SUITE} main
deb-src {bare_system.MIRROR}-security {PYTHON_SUITE}-security main" > /etc/apt/sources.list.d/python.list
apt-get -qq update
rm -rf {_PREFIX} /tmp/python && mkdir /tmp/python && cd /tmp/python
apt-get -qq source python{PYTHON} || apt-get -qq source python{PYTHON}/{PYTHON_SUITE}
cd python{PYTHON}-*
export SOURCE_DATE_EPOCH={bundle.ALIKE["SOURCE_DATE_EPOCH"]}  # the day of compiling stands in the interpreter
# A patch of Debian makes this module look inside the interpreter, which Debian allows it in rules of its own.
sed -i "s/'pyexpat', sources=.'pyexpat.c'./&, extra_compile_args=['-DPy_BUILD_CORE_MODULE']/" setup.py
./configure --quiet --prefix={_PREFIX} --enable-shared --without-ensurepip \\
  LDFLAGS=-Wl,-rpath,{_PREFIX}/lib
make -s -j{{jobs}}
make -s install
{_PREFIX}/bin/python{PYTHON} -c "import {_NEEDED}"
rm -rf /tmp/python
"""
_STAMP = "whole"  # in that Python's folder: what it was compiled from


def is_possible() -> bool:
    """Whether this system can make the old one, and fetch packages for its Python."""
    return sys.platform == "linux" and sys.version_info[:2] == (3, 11) and bare_system.is_possible()


def make(folder: Path, jobs: int) -> Path:
    """The old system, made once for each list of packages and way to compile: some two minutes on two cores.

    Args:
        folder: In which it and the log of its making lie.
        jobs: Compilers at the same time.

    Raises:
        SetupError: If something of it cannot be had.
    """
    root, log = folder / "base", folder / "base.log"
    qt = {**qt_libraries.ALWAYS, **qt_libraries.FOR_A_WINDOW}
    packages = sorted({*_TOOLS, *qt.values()})
    bare_system.make(root, SUITE, packages)
    stamp, wanted = root / _PREFIX.lstrip("/") / _STAMP, hashlib.sha256(_COMPILE.encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return root
    if bare_system.run(root, _COMPILE.format(jobs=jobs), log=log) != 0:
        raise SetupError(f"Python {PYTHON} could not be compiled on Debian {SUITE}; see {log}.")
    stamp.write_text(wanted, encoding="ascii")
    return root


def fetch_packages(root: Path, folder: Path) -> Path:
    """Download all packages of the bundle for the old system, once for each set of pins; it then needs no network.

    Args:
        root: The project.
        folder: In which they go into a folder of their own.

    Raises:
        SetupError: If one is not offered for a glibc this old.
    """
    target, pins = folder / "packages", folder / "pins.txt"
    wanted, stamp = bundle.pins(root, GLIBC), target / "whole.txt"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return target
    stamp.unlink(missing_ok=True)
    tags = [f"manylinux_2_{minor}_x86_64" for minor in range(int(GLIBC.split(".")[1]), 4, -1)]
    platforms = [word for tag in (*tags, "manylinux2014_x86_64") for word in ("--platform", tag)]
    pins.write_text(wanted, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    command += ["--python-version", PYTHON, *platforms, "-d", str(target), "-r", str(pins)]
    bundle.run(command, f"Not all packages can be had for glibc {GLIBC}")
    stamp.write_text(wanted, encoding="utf-8")
    return target


def build_program(root: Path, out: Path) -> None:
    """Build the program's folder on the old system.

    Args:
        root: The project.
        out: Where ``build.py`` puts what it builds.

    Raises:
        SetupError: If that fails; what was wrong is on the console.
    """
    base = make(out, jobs=os.cpu_count() or 1)
    packages = fetch_packages(root, out)
    build = f"{_PREFIX}/bin/python{PYTHON} -B installer/build.py program --here --packages /packages --out /out"
    folders = {"/project": root, "/out": out, "/packages": packages}
    passed_on = (layer_files.KEY_VARIABLE, bundle.DOWNLOADS_VARIABLE)
    variables = {name: os.environ[name] for name in passed_on if name in os.environ}
    if bare_system.run(base, f"cd /project && exec {build}", folders, variables) != 0:
        raise SetupError(f"The program could not be built on Debian {SUITE}.")


def suite_to_try(here: bool) -> str:
    """The Debian that packages will be tried on, as far as it is known before they are built."""
    return SUITE if is_possible() and not here else PYTHON_SUITE


def oldest_suite(program: Path) -> str:
    """The oldest Debian on which a program has the glibc that it asks for."""
    floor = bundle.libc_of(program)
    return SUITE if bundle.version_numbers(floor) <= bundle.version_numbers(GLIBC) else PYTHON_SUITE
