"""Write the hashes of all files of each pinned package into the lock files, so that nothing else is ever installed.

    python3 installer/hash_locks.py

Run it after a pin was changed or added (`name==version` on a line of its own is enough). It needs uv on the path
(`pip install uv`), which asks the package index for the hashes of all systems' files at once. Versions with a `+` come
from other places than that index; their hashes are written by hand, and stay.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bundle

FOLDER = Path(__file__).resolve().parent
_COMMAND = (
    "uv",
    "pip",
    "compile",
    "-q",
    "--no-deps",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--universal",
)


def main() -> int:
    """Rewrite all lock files that have hashes; 1 if one could not be."""
    for path in sorted(FOLDER.glob("*.lock")):
        if path.name == bundle.TORCH_LOCK:
            continue
        text = path.read_text(encoding="utf-8")
        pins = bundle.pins_of(path)
        asked = "\n".join(pin.partition(" \\\n")[0] for pin in pins if "+" not in pin)
        by_hand = [pin for pin in pins if "+" in pin]
        done = subprocess.run(
            [*_COMMAND, "--python-version", "3.11", "-"], input=asked, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            print(f"{path.name}: {done.stderr.strip()}", file=sys.stderr)
            return 1
        head = [line for line in text.splitlines() if line.startswith("#")]
        temporary = path.with_suffix(".part")
        temporary.write_text("\n".join([*head, done.stdout.rstrip(), *by_hand]) + "\n", encoding="utf-8")
        temporary.replace(path)
        print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
