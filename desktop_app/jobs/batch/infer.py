"""Run a model on many images: one bad image never stops the others."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_app.core.config.base import deciding, explain
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import (
    CaseUpdate,
    ForwardContext,
    JobCancelled,
    JobContext,
    JobEvent,
    Note,
    Progress,
    SubContext,
)
from desktop_app.core.recipes.looks import UNCERTAINTY, UNCERTAINTY_END
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.shown_name import shown_name
from desktop_app.io.atomic import remove_leftovers, restore_set_aside, write_json, writing
from desktop_app.io.folder_lock import FolderLock
from desktop_app.jobs.batch.case import label_image
from desktop_app.jobs.batch.checks import check_model
from desktop_app.jobs.batch.inputs import BatchCase, list_cases, plan_cases
from desktop_app.jobs.batch.records import (
    SUMMARY,
    BatchLog,
    CaseResult,
    fingerprint,
    finished_result,
    forget,
    record_path,
    remember,
    write_summary,
)
from desktop_app.jobs.batch.then import require_no_steps
from desktop_app.jobs.batch.working_folder import clear_working_folders
from desktop_app.jobs.objects.steps import require_whole

__all__ = ["BatchResult", "CaseResult", "decode_parameters", "list_cases", "run_inference"]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch has made.

    Attributes:
        cases: One per image, in order.
        output: The result folder.
        summary: ``summary.csv`` in it.
        failed: Number of images that failed.
    """

    cases: tuple[CaseResult, ...]
    output: Path
    summary: Path
    failed: int


def run_inference(config: InferenceConfig, ctx: JobContext) -> BatchResult:
    """Label all images of a batch.

    Writes for each image a label file and an object table, and for all ``summary.csv``, ``config.json`` and
    ``log.txt``. Images finished earlier with the same settings are skipped if ``config.resume``, and those that were
    interrupted go on where they stopped, if the recipe can.

    Args:
        config: The batch.
        ctx: Hears a ``CaseUpdate`` for each change; when it cancels, finished images stay finished.

    Raises:
        UserError: If there are no images, the model cannot be used, or the result folder cannot be written.
        JobCancelled: When asked to stop.
    """
    require_whole(config.then)
    cases = plan_cases(config, ctx, _further(config))
    output = Path(config.output)
    with writing(output):
        output.mkdir(parents=True, exist_ok=True)
    with FolderLock(output, partial(_busy, output.name)) as lock:
        own = (output / "config.json", output / SUMMARY)
        remove_leftovers([*own, *(path for case in cases for path in (case.labels, case.table, record_path(case)))])
        clear_working_folders({output, *(case.labels.parent for case in cases)})
        restore_set_aside(output)
        write_json(output / "config.json", config.model_dump(mode="json"))
        batch = _Batch(config, cases, output, lock, ctx)
        for case in cases:
            ctx.report(CaseUpdate(case.index, case.title, "waiting"))
        batch.load()
        for case in cases:
            batch.run(case)
        return batch.end()


def _busy(folder: str, holder: str, details: str) -> UserError:
    return UserError(
        f"Another batch writes its results into {folder} just now ({holder}).",
        hint="Wait until it is done, or choose another folder.", details=details,
    )  # fmt: skip


def _further(config: InferenceConfig) -> tuple[str, ...]:
    """Ends of the names of the label files that will be written beside each result."""
    keeping = (info for info in RECIPES.values() if info.keeps_further(config.mode, config.decode))
    more = (UNCERTAINTY_END,) if config.prediction.get(UNCERTAINTY) else ()
    return (*(end for info in keeping for end in info.further_results), *more)


def decode_parameters(card: ModelCard, changes: dict[str, Any]) -> Any:
    """The model's own parameters of decoding with the user's changes.

    Raises:
        UserError: If a name or a value is wrong, the model cannot follow it, or the method is unknown.
    """
    recipe = RECIPES.get(card.recipe)
    if recipe is None:
        raise UserError(f"This version does not know the method “{card.recipe}”.", hint="Update Voxelwright.")
    try:
        parameters = recipe.decode.model_validate({**card.decode, **changes})
    except ValidationError as error:
        raise explain(error, "The settings for making objects") from error
    recipe.require_decode(card, parameters)
    return parameters


@dataclass(slots=True)
class _Listener:
    """Passes everything on and keeps the warnings about one image.

    Attributes:
        parent: Where events go.
        prefix: The name of the image as it stands before what is said about it.
        warnings: What was said, without the name, each once.
    """

    parent: JobContext
    prefix: str
    warnings: list[str] = field(default_factory=list)

    def report(self, event: JobEvent) -> None:
        """Pass an event on."""
        if isinstance(event, Note) and event.level == "warning":
            text = event.text.removeprefix(self.prefix)
            self.warnings += [] if text in self.warnings else [text]
        self.parent.report(event)

    def raise_if_cancelled(self) -> None:
        """As the parent."""
        self.parent.raise_if_cancelled()


class _Batch:
    def __init__(
        self, config: InferenceConfig, cases: list[BatchCase], output: Path, lock: FolderLock, ctx: JobContext
    ) -> None:
        self._config, self._ctx, self._output, self._lock = config, ctx, output, lock
        self._log = BatchLog(output / "log.txt")
        self._results = [CaseResult(shown_name(c.path), c.path, "waiting") for c in cases]
        self._predictor: Any = None
        self._parameters: Any = None

    def load(self) -> None:
        """Load the model.

        Raises:
            UserError: If it cannot be used, or not as it is wished for any image.
        """
        from desktop_app.ml.inference import load_predictor
        from desktop_app.ml.inference.engine import InferencePlan
        from desktop_app.ml.inference.looks import views_for

        self._ctx.report(Progress(0, 0, "Loading the model"))
        self._log.line(f"Batch of {len(self._results)} images with {self._config.model}")
        self._ctx.raise_if_cancelled()
        self._predictor = load_predictor(Path(self._config.model), self._config.device, self._config.together)
        check_model(self._predictor.card, self._ctx)
        plan = InferencePlan.of(self._predictor.card, self._config)
        if getattr(plan.prediction, UNCERTAINTY, False):
            turned = bool(getattr(plan.prediction, "turned", False))
            views_for(self._predictor, self._predictor.card.dimensions, turned=turned, uncertainty=True)
        self._parameters = decode_parameters(self._predictor.card, self._config.decode)
        if RECIPES[self._predictor.card.recipe].gives_classes(self._parameters.model_dump()):
            require_no_steps(self._config.then)
        if len(self._predictor.devices) > 1 and not RECIPES[self._predictor.card.recipe].every_gpu:
            self._ctx.report(Note("info", "Models of this method use one GPU; the others are not used."))
        self._log.line(
            f"Model {self._predictor.card.name}, mode {plan.mode}; {plan.prediction!r}; {self._parameters!r}"
        )

    def run(self, case: BatchCase) -> None:
        """Label one image, or note why not.

        Raises:
            UserError: If the result folder is gone, so that nothing can be written about any image.
            JobCancelled: When asked to stop.
        """
        self._lock.require()
        start = time.perf_counter()
        try:
            self._ctx.raise_if_cancelled()
            result = self._labelled(case, start)
        except JobCancelled:
            self._log.line(f"{case.title}: stopped")
            self._stop(case)
            raise
        except UserError as error:
            result = self._failure(case, str(error), start, f"{error}\n{error.details}")
        except MemoryError:
            said = "There was not enough memory. Set a smaller memory budget."
            result = self._failure(case, said, start, f"out of memory\n{traceback.format_exc()}")
        except Exception as error:  # noqa: BLE001 - one bad image never stops the others
            what = f"{type(error).__name__}: {error}".splitlines()[0][:200]  # characters: two lines of the table
            said = f"An unexpected error occurred ({what}). log.txt has the details."
            result = self._failure(case, said, start, f"unexpected error\n{traceback.format_exc()}")
        self._lock.require()
        self._set(case, result)

    def end(self) -> BatchResult:
        """The result of all."""
        counts = Counter(r.state for r in self._results)
        self._log.line("End: " + ", ".join(f"{n} {state}" for state, n in counts.items()))
        total = len(self._results)
        self._ctx.report(Progress(total, total, f"{total} of {total} images"))
        summary = write_summary(self._output, self._results, self._ctx)
        return BatchResult(tuple(self._results), self._output, summary, counts["failed"])

    def _labelled(self, case: BatchCase, start: float) -> CaseResult:
        """The result of an image, from an earlier run where possible."""
        if not case.path.exists():
            raise UserError(
                f"Cannot open {shown_name(case.path)}: there is no such file.", hint="Was it moved or renamed?"
            )
        marks = fingerprint(self._config, self._predictor.card, deciding(self._parameters), case)
        earlier = finished_result(case, marks.labels) if self._config.resume else None
        if earlier is not None:
            self._log.line(f"{case.title}: finished earlier")
            return earlier
        forget(case)
        self._ctx.report(CaseUpdate(case.index, case.title, "running"))
        share = 1 / len(self._results)
        heard = _Listener(self._ctx, f"{case.title}: ")
        inner = ForwardContext(SubContext(heard, case.index * share, share, heard.prefix))  # tiles may be done again
        found = label_image(case, self._predictor, self._parameters, self._config, inner, marks.maps)
        result = CaseResult(
            case.title, case.path, "done", found.objects, time.perf_counter() - start,
            output=str(case.labels), table=str(found.table or ""), more=tuple(str(path) for path in found.more),
            notes=tuple(heard.warnings),
        )  # fmt: skip
        remember(case, marks.labels, result)
        counted = "" if found.objects is None else f"{found.objects} objects, "
        self._log.line(f"{result.name}: done, {counted}{result.seconds:.1f} s")
        for note in result.notes:
            self._log.line(f"{result.name}: {note}")
        return result

    def _failure(self, case: BatchCase, sentence: str, start: float, log: str) -> CaseResult:
        self._lock.require()
        self._log.line(f"{case.title}: {log}")
        return CaseResult(case.title, case.path, "failed", None, time.perf_counter() - start, sentence)

    def _set(self, case: BatchCase, result: CaseResult) -> None:
        self._results[case.index] = result
        write_summary(self._output, self._results, self._ctx)
        self._ctx.report(
            CaseUpdate(
                case.index,
                result.name,
                result.state,
                result.objects,
                result.seconds,
                result.error,
                result.output,
                result.notes,
            )
        )
        if result.state == "failed":
            self._ctx.report(Note("error", f"{result.name}: {result.error}"))

    def _stop(self, case: BatchCase) -> None:
        """Mark this image and all after it as cancelled."""
        for index in range(case.index, len(self._results)):
            self._results[index] = replace(self._results[index], state="cancelled")
            self._ctx.report(CaseUpdate(index, self._results[index].name, "cancelled"))
        write_summary(self._output, self._results, self._ctx)
