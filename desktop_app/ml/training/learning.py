"""A trainer, new or as its last checkpoint left it, and its way to the end."""

from __future__ import annotations

from desktop_app.core.job import JobContext, Note
from desktop_app.ml.malloc_tuning import freed_memory_kept
from desktop_app.ml.training.checkpoints import has_checkpoint
from desktop_app.ml.training.learner import new_learner
from desktop_app.ml.training.logs import RunLog
from desktop_app.ml.training.loop import Trainer
from desktop_app.ml.training.patches import Patches
from desktop_app.ml.training.plan import TrainingPlan

_NOTHING_LEFT = (
    "All steps of this run are done already ({:,}): nothing is learned anew. To go on, say for how many steps more (on "
    "the command line --more)."
)
_UNMADE = "All steps were done, and the run was stopped while its model was made: that is done now."


def new_trainer(plan: TrainingPlan, patches: Patches, ctx: JobContext, *, resume: bool) -> Trainer:
    """The trainer of a run; with ``resume`` as its last checkpoint left it, if there is one.

    Raises:
        UserError: If the model to start from does not fit.
    """
    known = resume and has_checkpoint(plan.run / "checkpoints" / "last")
    learner = new_learner(plan, ctx, weights=not known)
    trainer = Trainer(plan, patches, learner, ctx, RunLog(plan.run) if known else RunLog.begun(plan.run))
    if resume and not known:
        ctx.report(Note("info", "No state was saved before it stopped: it begins anew."))
    if known and trainer.resume():
        ctx.report(Note("info", f"Going on after step {trainer.progression.step:,}."))
    return trainer


def learn(trainer: Trainer) -> None:
    """Run to the end, unless that was reached before.

    Raises:
        JobCancelled: When the user stops; the state is saved first.
        UserError: If data, memory or disk do not play along.
    """
    if trainer.progression.unmade:
        trainer.ctx.report(Note("info", _UNMADE))
    elif trainer.progression.stopped == "finished":
        trainer.ctx.report(Note("info", _NOTHING_LEFT.format(trainer.progression.step)))
    if not trainer.progression.stopped:
        with freed_memory_kept():
            trainer.train()
