"""What a batch left in its folder; no Qt."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import CaseState, CaseUpdate
from desktop_app.io.json_files import read_json
from desktop_app.io.tables import read_csv

_ENDED: dict[str, CaseState] = {"done": "done", "skipped": "done", "failed": "failed"}


def read_batch_config(result_folder: Path) -> InferenceConfig:
    """What a batch was started with.

    Raises:
        UserError: If the file is missing or damaged.
    """
    try:
        config = InferenceConfig.model_validate(read_json(result_folder / "config.json"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"The batch “{result_folder.name}” cannot be resumed, because its config.json is missing or damaged.",
            hint="Run the model on these images again.",
            details=str(error),
        ) from error
    return config.model_copy(update={"output": str(result_folder), "resume": True})


def earlier_cases(result_folder: Path) -> list[CaseUpdate]:
    """What became of each image of a batch; what was not finished, or is not there any more, counts as stopped.

    Empty if the folder does not say so.
    """
    try:
        rows = read_csv(result_folder / "summary.csv")
        return [_case(index, row, result_folder) for index, row in enumerate(rows)]
    except (UserError, ValueError, KeyError, TypeError):
        return []


def _case(index: int, row: dict[str, str], folder: Path) -> CaseUpdate:
    state, labels = _ENDED.get(row["state"], "cancelled"), folder / row["labels"]
    if state == "failed":
        return CaseUpdate(index, row["image"], state, error=row["error"])
    if state != "done" or not row["labels"] or not labels.exists():
        return CaseUpdate(index, row["image"], "cancelled")
    objects = int(row["objects"]) if row["objects"] else None
    notes = (row["notes"],) if row.get("notes") else ()
    seconds = float(row["seconds"]) if row["seconds"] else None
    return CaseUpdate(index, row["image"], state, objects, seconds, output=str(labels), notes=notes)
