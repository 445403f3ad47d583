"""Kill a labelling program again and again at random moments, and look at what it leaves.

Run: ``python -m tests.benchmarks.bench_kills [COUNT]``. It prints how often it was killed in which action and what was
found wrong, which should be nothing.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.io.labels.kills import faults, killed

_COUNT = 50  # kills, as many as users may ever see
_LONGEST_S = 1.5  # a dozen actions and one or two saves


def main() -> None:
    """Print where the program was killed, and each fault."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT
    draw, seen, wrong = random.Random(0), Counter[str](), 0
    for seed in range(count):
        with tempfile.TemporaryDirectory() as name:
            told = killed(Path(name), seed, draw.uniform(0, _LONGEST_S))
            seen[told.running or "between two"] += 1
            for fault in faults(Path(name), told):
                wrong += 1
                sys.stdout.write(f"seed {seed}: {fault}\n")
    sys.stdout.write(f"killed {count} times in {dict(seen)}; faults: {wrong}\n")


if __name__ == "__main__":
    main()
