from __future__ import annotations

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import Metric, Note, Progress
from desktop_app.gui.training.patch_words import patch_advice
from desktop_app.gui.training.report_words import report_messages, row_words, summary
from desktop_app.gui.training.review_words import (
    data_line,
    in_turn_words,
    learning_line,
    memory_line,
    memory_warning,
    method_line,
    time_line,
)
from desktop_app.gui.training.run_record import RunRecord
from tests.gui.training.fake_reports import FakeEstimate, FakeProblem, FakeReport, FakeRow


def test_a_row_in_words() -> None:
    words = row_words(FakeRow("a"))
    assert (words.size, words.voxel_size, words.contents) == ("120 × 120 × 51", "0.8 × 0.8 × 1.75 µm", "20 objects")
    assert row_words(FakeRow("a", objects=None, classes=(1, 3))).contents == "classes 1, 3"
    assert row_words(FakeRow("a", voxel_size=None)).voxel_size == "not stated"
    unread = row_words(
        FakeRow("a", shape=(0, 0, 0), voxel_size=None, objects=None, problems=(FakeProblem("error", "!"),))
    )
    assert (unread.size, unread.voxel_size, unread.contents, unread.problem) == ("—", "—", "—", "!")


def test_messages_name_the_image_and_come_once() -> None:
    problem = FakeProblem("warning", "The labels are empty.")
    report = FakeReport((FakeRow("e1", problems=(problem,)), FakeRow("e2", problems=(problem,))), (problem,))
    texts = [text for _, text in report_messages(report)]
    assert texts == ["The labels are empty.", "e1, e2: The labels are empty."]
    named = FakeProblem("error", "e1 is cut off.")
    assert report_messages(FakeReport((FakeRow("e1", problems=(named,)),))) == [("error", "e1 is cut off.")]


def test_the_summary_counts() -> None:
    report = FakeReport((FakeRow("a"), FakeRow("b", role="validation")))
    assert summary(report, ["train", "validation"]) == ("2 images with 40 objects: 1 for training, 1 for validation.")
    assert summary(FakeReport((FakeRow("a"),)), ["train"]) == "1 image with 20 objects."


def test_patches_are_compared_with_objects() -> None:
    assert patch_advice((32, 64, 64), None)[0] == "info"
    assert patch_advice((4, 64, 64), (8, 16, 16))[0] == "warning"
    assert "just holds one" in patch_advice((10, 20, 20), (8, 16, 16))[1]
    assert "for about 60" in patch_advice((32, 64, 64), (8, 16, 16))[1]
    assert "16 × 16 px" in patch_advice((1, 64, 64), (8, 16, 16))[1]


def test_images_smaller_than_the_patch_are_told() -> None:
    images = [(6, 20, 20), (40, 80, 80)]
    assert "1 of 2 images are smaller than the patch" in patch_advice((32, 64, 64), (8, 16, 16), (1, 1), images)[1]
    assert "Images are smaller than the patch" in patch_advice((1, 64, 64), None, (1, 2), images)[1]
    assert "smaller" not in patch_advice((1, 16, 16), (1, 8, 8), (1, 1), images)[1]


def test_the_review_in_sentences() -> None:
    dataset = DatasetConfig(
        pairs=(PairConfig(name="a", image="a", labels="b", slices=(1, 2)),), class_names=("Nucleus",)
    )
    line = data_line(dataset, FakeReport())
    assert line.startswith("One image, 2 marked slices. Learns: Nucleus.")
    assert "Learns from the images alone." in data_line(dataset, FakeReport(), labels=False)
    config = TrainingConfig(optimisation=OptimisationParameters(iterations=1200, batch_size=2), patch_size=(32, 64, 64))
    assert learning_line(config) == "1,200 steps of 2 patches of 64 × 64 × 32 px; each image is seen about 2,400 times"
    few = config.model_copy(update={"optimisation": OptimisationParameters(iterations=4, batch_size=2)})
    assert learning_line(few).endswith("each image is seen about 8 times")
    assert "Residual U-Net, 3D" in method_line(TrainingConfig(), None)
    assert time_line(FakeEstimate()) == "About 5 min on the processor of this computer"
    timed = "About 5 min on the processor of this computer (about 420 steps here)"
    assert time_line(FakeEstimate(steps=423), minutes=5) == timed


def test_a_cross_validation_in_sentences() -> None:
    split = DatasetSplitParameters(folds=3)
    dataset = DatasetConfig(pairs=tuple(PairConfig(name=n, image=n, labels=n) for n in "abc"), split=split)
    assert data_line(dataset, FakeReport()).endswith("Each is checked in turn, in 3 parts.")
    assert time_line(FakeEstimate(), made=4) == "About 5 min for 4 models on the processor of this computer"
    config = TrainingConfig(dataset=dataset)
    assert in_turn_words("Why.", FakeEstimate(), config) == "Why. It takes about 20\u00a0min."
    frozen = OptimisationParameters(frozen_stages=2, frozen_tried=True)
    improved = config.model_copy(update={"start_from": "a.vwmodel", "optimisation": frozen})
    both = "Each part is learned with frozen levels and without, and the better way is taken."
    assert in_turn_words("Why.", FakeEstimate(), improved) == f"Why. {both} It takes about 35\u00a0min."


def test_it_is_said_what_the_images_take_and_where_they_are() -> None:
    assert memory_line(FakeEstimate()) == "About 1.2 GB, 0.3 GB of it for the images"
    far = FakeEstimate(images_gb=80.0, in_memory=False)
    assert memory_line(far) == "About 1.2 GB, the images, 80.0 GB, are read from the disk"


def test_too_little_memory_is_noticed_on_the_processor() -> None:
    assert memory_warning(FakeEstimate(memory_gb=2.0), 8.0) == ""
    assert "2.0 GB that are free" in memory_warning(FakeEstimate(memory_gb=12.0), 2.0)
    assert memory_warning(FakeEstimate(memory_gb=12.0, device="cuda:0"), 2.0) == ""


def test_a_record_sorts_events() -> None:
    record = RunRecord()
    assert record.status() == "Waiting to start…"
    for event in (Metric("loss/train", 1, 0.5), Note("info", "Begins."), Progress(1, 10, "step 1 of 10")):
        record.add(event)
    assert record.curves == {"loss/train": [(1, 0.5)]}
    assert not record.has_validated
    record.add(Metric("score/f1", 1, 0.5))
    assert record.has_validated
    assert record.status() == "Step 1 of 10"
    assert [n.text for n in record.log] == ["Begins."]


def test_objects_are_measured_as_the_network_sees_them() -> None:
    level, text = patch_advice((1, 256, 256), (1, 62, 54), (1, 2))
    assert level == "info"
    assert "sees your objects 2 times smaller, about 31 × 27 px (y, x)." in text
    assert "times larger, about 124 × 108 px" in patch_advice((1, 256, 256), (1, 62, 54), (1, 0.5))[1]
    assert "sees" not in patch_advice((1, 256, 256), (1, 62, 54))[1]


def test_the_review_says_how_large_the_network_sees_the_images() -> None:
    config = TrainingConfig(recipe="panoptic", network="panoptic_bifpn", patch_size=(1, 128, 128))
    assert "smaller" not in learning_line(config)
    shrunk = config.model_copy(update={"recipe_parameters": {"downsampling": 2, "finetune_layers": "none"}})
    assert "128 × 128 px, cut from images made 2 times smaller" in learning_line(shrunk)
    assert "only the part that finds objects learns" in learning_line(shrunk)


def test_what_holds_for_many_pairs_is_said_once() -> None:
    empty = FakeProblem("warning", "The labels are empty.")
    rows = tuple(FakeRow(f"e{i}", problems=(empty,)) for i in range(5))
    assert report_messages(FakeReport(rows)) == [("warning", "e0, e1, e2 and 2 more: The labels are empty.")]
    assert report_messages(FakeReport(rows[:1])) == [("warning", "e0: The labels are empty.")]
