"""What a result says of how sure the model was: written into its table, and read from there again."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.io.tables import read_csv
from desktop_app.jobs.batch.inputs import table_beside
from desktop_app.objects.columns import CONFIDENCE


def confidence_of_result(labels: Path, time: int = 0) -> dict[int, float]:
    """How sure the model was of each object of a result, 0 to 1, by its number; nothing where nobody says so.

    Args:
        labels: The label file of the result; its table lies beside it.
        time: Of a movie, the time point from 0.
    """
    found: dict[int, float] = {}
    try:
        rows = read_csv(table_beside(labels))
    except UserError:
        return found
    for row in rows:
        try:
            if int(row.get("time") or time + 1) == time + 1:
                found[int(row["id"])] = min(1.0, max(0.0, float(row[CONFIDENCE])))
        except (KeyError, ValueError):  # a table of another kind, or an object of which nothing is known
            continue
    return found
