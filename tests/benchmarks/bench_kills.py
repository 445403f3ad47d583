"""Kill a labelling program again and again at random moments, and look at what it leaves.

Run: ``python -m tests.benchmarks.bench_kills [COUNT] [each | TOOL | OPERATION]``. It prints how often it was killed in
which action and what was found wrong, which should be nothing; with ``each``, for every operation by itself.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from desktop_app.objects.operations import OPERATIONS
from tests.io.labels.kills import faults, killed

_COUNT = 50  # kills, as many as users may ever see
_LONGEST_S = 1.5  # a dozen actions and one or two saves


def kills(count: int, only: str) -> None:
    """Print where the program was killed, and each fault."""
    draw, seen, wrong = random.Random(0), Counter[str](), 0
    for seed in range(count):
        with tempfile.TemporaryDirectory() as name:
            told = killed(Path(name), seed, draw.uniform(0, _LONGEST_S), only)
            seen[told.running or "between two"] += 1
            for fault in faults(Path(name), told):
                wrong += 1
                sys.stdout.write(f"seed {seed} {only}: {fault}\n")
    sys.stdout.write(f"{only or 'all'}: killed {count} times in {dict(seen)}; faults: {wrong}\n")
    sys.stdout.flush()


def main() -> None:
    """All together, or one by one."""
    count, only = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT, sys.argv[2] if len(sys.argv) > 2 else ""
    for name in OPERATIONS if only == "each" else (only,):
        kills(count, name)


if __name__ == "__main__":
    main()
