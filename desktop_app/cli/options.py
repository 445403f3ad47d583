"""Options that several commands share, and the exit statuses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

DONE: Final = 0  # as every Unix command
FAILED: Final = 1  # some cases failed
WRONG: Final = 2  # arguments or configuration; what typer and click use, too
CANCELLED: Final = 130  # 128 + SIGINT (2), as shells report Ctrl+C

Json = Annotated[bool, typer.Option("--json", help="Print what happens as JSON, one event a line.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one setting (see the table below); may be repeated."),
]
Device = Annotated[
    str | None, typer.Option(help="Compute on: auto, cpu, cuda or cuda:1. auto takes a GPU if there is one that works.")
]
Devices = Annotated[
    str | None, typer.Option(help="Compute on: auto (a GPU if there is one that works), all (every GPU), cpu, cuda:1.")
]
OutFile = Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="The table to write.")]
OutFolder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder to write.")]
