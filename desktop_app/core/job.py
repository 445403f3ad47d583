"""What a job may say and ask while it runs.

A job is a plain function ``job(config, ctx) -> result``. It knows nothing of windows, threads or terminals: it
reports events and asks whether it was cancelled. A window, the command line and a test each bring their own context.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Index3, Region

NoteLevel: TypeAlias = Literal["info", "warning", "error"]
CaseState: TypeAlias = Literal["waiting", "running", "done", "skipped", "failed", "cancelled"]


class JobCancelled(Exception):
    """Raised inside a job when the user has asked it to stop."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in units that the user knows (images, steps).

    ``total`` 0 means that the length is unknown.
    """

    done: float
    total: float
    message: str = ""

    @property
    def fraction(self) -> float:
        """Between 0 and 1; 0 where the length is unknown."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else 0.0


def slice_in_words(number: int, depth: int) -> str:
    """Which slice a job is at, counted from 1; nothing for a picture, which has but one."""
    return f"slice {number} of {depth}" if depth > 1 else ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One point of a curve, for example ``("loss/train", 120, 0.31)``."""

    name: str
    step: int
    value: float


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the user's log."""

    level: NoteLevel
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of what the model does now.

    Attributes:
        title: Name of the image and slice.
        step: Training step.
        image: ``(Y, X) uint8``, ready to show.
        labels: ``(Y, X) uint32`` prediction.
        truth: ``(Y, X) uint32`` or None.
    """

    title: str
    step: int
    image: NDArray[np.uint8]
    labels: NDArray[np.uint32]
    truth: NDArray[np.uint32] | None = None


@dataclass(frozen=True, slots=True)
class FoundLabels:
    """What a model finds now in a part of an image, to lie over that image wherever it is looked at.

    Attributes:
        image: Name of the image.
        file: Its file; empty if it has none.
        time: Time point of the file, from 0.
        step: Training step.
        box: Which voxels of the file these are.
        labels: ``(Z, Y, X) uint32`` of the box.
        classes: Whether labels are class values, not objects.
        voxel: Where in the file there is most to see, (z, y, x).
    """

    image: str
    file: str
    time: int
    step: int
    box: Region
    labels: NDArray[np.uint32]
    classes: bool
    voxel: Index3


@dataclass(frozen=True, slots=True)
class CaseUpdate:
    """The state of one file of a batch.

    Attributes:
        index: Row, from 0.
        name: File name.
        state: Where it stands.
        objects: Number of objects found, None before it is known.
        seconds: Time spent, None before it is known.
        error: One sentence when it failed.
        output: Path of the label file once written.
        notes: What the user should know about how it was read and how it fits the model.
    """

    index: int
    name: str
    state: CaseState
    objects: int | None = None
    seconds: float | None = None
    error: str = ""
    output: str = ""
    notes: tuple[str, ...] = ()


JobEvent: TypeAlias = Progress | Metric | Note | Preview | FoundLabels | CaseUpdate


class JobContext(Protocol):
    """What a job sees of the outside world."""

    def report(self, event: JobEvent) -> None:
        """Hand an event over; returns at once and never raises."""

    def raise_if_cancelled(self) -> None:
        """Raise ``JobCancelled`` once the user has asked to stop; waits while the user has paused the job."""


@dataclass(slots=True)
class RecordingContext:
    """Keeps events in a list: for tests, and for jobs run by other jobs.

    Attributes:
        events: Everything reported so far.
        cancel_after: Cancel once this many events were reported; None never.
    """

    events: list[JobEvent] = field(default_factory=list)
    cancel_after: int | None = None

    def report(self, event: JobEvent) -> None:
        """Keep the event."""
        self.events.append(event)

    def raise_if_cancelled(self) -> None:
        """Raise ``JobCancelled`` when ``cancel_after`` events have passed."""
        if self.cancel_after is not None and len(self.events) >= self.cancel_after:
            raise JobCancelled

    def of_kind(self, kind: type[Any]) -> list[Any]:
        """The recorded events of one kind, oldest first."""
        return [event for event in self.events if isinstance(event, kind)]


@dataclass(frozen=True, slots=True)
class QuietContext:
    """A part of a job whose events are nothing to the user; the wish to stop still reaches it.

    Attributes:
        parent: The job.
        kept: Kinds of events that are passed on nevertheless.
    """

    parent: JobContext
    kept: tuple[type, ...] = ()

    def report(self, event: JobEvent) -> None:
        """Pass on what is kept."""
        if isinstance(event, self.kept):
            self.parent.report(event)

    def raise_if_cancelled(self) -> None:
        """As the parent."""
        self.parent.raise_if_cancelled()


@dataclass(frozen=True, slots=True)
class SubContext:
    """Maps the progress of one part of a job onto a share of the whole; other events pass unchanged.

    Attributes:
        parent: Where events go.
        start: Share of the whole already done before this part, 0 to 1.
        share: Share of the whole that this part is, 0 to 1.
        prefix: Put before each progress message.
    """

    parent: JobContext
    start: float
    share: float
    prefix: str = ""

    def report(self, event: JobEvent) -> None:
        """Scale progress, pass on everything else."""
        if isinstance(event, Progress):
            event = Progress(self.start + self.share * event.fraction, 1.0, self.prefix + event.message)
        self.parent.report(event)

    def raise_if_cancelled(self) -> None:
        """As the parent."""
        self.parent.raise_if_cancelled()


@dataclass(slots=True)
class SteadyContext:
    """A job whose bar tells of one thing alone, such as steps: getting ready for these moves it neither way.

    Attributes:
        parent: Where events go.
        reached: Share of the whole that was reported last, 0 to 1.
    """

    parent: JobContext
    reached: float = 0.0

    def report(self, event: JobEvent) -> None:
        """Pass on, and remember where the bar stands."""
        if isinstance(event, Progress) and event.total > 0:
            self.reached = event.fraction
        self.parent.report(event)

    def raise_if_cancelled(self) -> None:
        """As the parent."""
        self.parent.raise_if_cancelled()

    @property
    def beside(self) -> JobContext:
        """For what is done besides: its messages are shown, and the bar stays where it is."""
        return _Beside(self)


@dataclass(frozen=True, slots=True)
class _Beside:
    main: SteadyContext

    def report(self, event: JobEvent) -> None:
        if isinstance(event, Progress):
            event = Progress(self.main.reached, 1.0, event.message)
        self.main.parent.report(event)

    def raise_if_cancelled(self) -> None:
        self.main.raise_if_cancelled()


@dataclass(slots=True)
class ForwardContext:
    """A job that may do a part of its work again: its bar waits meanwhile and never goes back.

    Attributes:
        parent: Where events go.
        reached: The largest share of the whole that was reported, 0 to 1.
    """

    parent: JobContext
    reached: float = 0.0

    def report(self, event: JobEvent) -> None:
        """Pass on; progress that lies behind what was reached moves nothing."""
        if isinstance(event, Progress):
            if event.fraction < self.reached:
                event = Progress(self.reached, 1.0, event.message)
            self.reached = event.fraction
        self.parent.report(event)

    def raise_if_cancelled(self) -> None:
        """As the parent."""
        self.parent.raise_if_cancelled()


@dataclass(slots=True)
class OnceContext:
    """Tells each sentence once, however many parts of a job find the same.

    Attributes:
        parent: Where events go.
        told: Sentences that were told.
    """

    parent: JobContext
    told: set[str] = field(default_factory=set)

    def report(self, event: JobEvent) -> None:
        """Pass on what was not told yet, and all that is no sentence."""
        if isinstance(event, Note):
            if event.text in self.told:
                return
            self.told.add(event.text)
        self.parent.report(event)

    def raise_if_cancelled(self) -> None:
        """As the parent."""
        self.parent.raise_if_cancelled()
