"""From LeNet-5 to ResNet on one set of pictures: what each network costs, and how often it is wrong.

All learn by one recipe (`striate.tables.short_recipe`): one seed at the full number of epochs, three at a quarter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from striate.analysis import summarize
from striate.errors import TrainingError
from striate.inference import Predictor, load
from striate.paths import user_path
from striate.runtime import write_atomically
from striate.studies.trainings import trained
from striate.tables import ARCHITECTURES, SHORT, Table, short_recipe
from striate.training import Callback, Options

RESULTS_NAME = "story.json"
_QUARTER_SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Chapter:
    """A network of the story: its table for 3x32x32, and what it is the small version of."""

    table: str
    network: str
    year: int


CHAPTERS = (
    Chapter("lenet5:colour", "LeNet-5", 1998),
    Chapter("alexnet:small", "AlexNet", 2012),
    Chapter("minivggnet", "VGG", 2014),
    Chapter("googlenet:small", "GoogLeNet", 2014),
    Chapter("resnet20", "ResNet", 2015),
)


@dataclass(frozen=True)
class Training:
    """One training of the story: of a chapter's network, for so many epochs, from a seed."""

    chapter: Chapter
    epochs: int
    seed: int

    @property
    def folder(self) -> str:
        """The run directory, below the story's."""
        return f"{self.chapter.table.replace(':', '-')}-{self.epochs}-epochs-seed-{self.seed}"

    @property
    def table(self) -> Table:
        """The table with the recipe of this training."""
        table = ARCHITECTURES[self.chapter.table]
        return replace(table, recipe=replace(short_recipe(table), epochs=self.epochs, seed=self.seed))


@dataclass(frozen=True)
class Result:
    """A finished training on the pictures of `Story.part`: shares whose class is not the first, or in the first five.

    `images` are those it learned from in each epoch, `images_per_second` the speed of its fastest epoch.
    """

    seed: int
    top1_error: float
    top5_error: float
    images: int
    images_per_second: float


@dataclass(frozen=True)
class ChapterResults:
    """What a network costs, and its results at all epochs and, one for each seed, at a quarter of them."""

    chapter: Chapter
    parameters: int
    macs: int
    full: Result
    quarter: tuple[Result, ...]

    def minutes(self, epochs: int) -> float:
        """Minutes that so many epochs take at the speed of the fastest: others may have shared the machine."""
        rate = max(result.images_per_second for result in (self.full, *self.quarter))
        return epochs * self.full.images / rate / 60


@dataclass(frozen=True)
class Story:
    """The results of all networks, on so many `images` of a part of the data that nothing was learned from."""

    data: str
    part: str
    images: int
    epochs: int
    device: str
    chapters: tuple[ChapterResults, ...]


def tell_story(
    data: str,
    out: Path | str,
    *,
    epochs: int = SHORT.epochs,
    options: Options = Options(),
    callbacks: Sequence[Callback] = (),
    on_training: Callable[[Training, int, int], None] = lambda _training, _number, _total: None,
) -> Story:
    """Train all networks of the story, one after the other, each in its run directory below `out`.

    Called again with the same arguments it continues where it was interrupted.

    Args:
        data: a named set of pictures, or a folder; its test pictures are the measure, or its validation pictures if it
            has none.
        out: the folder of the run directories and of story.json.
        epochs: of the full trainings; a quarter of them, at least one, for the three short ones.
        options: how the trainings are carried out.
        callbacks: called in each training.
        on_training: called before each training that is not done, with its number, from 1, and that of all.

    Raises:
        TrainingError: `out` holds a story of other data or epochs, or a training fails.
        DataError: the data cannot be used.
        TrainingInterrupted: after SIGINT or SIGTERM; the trainings that are done are kept.

        tell_story("cifar10", "runs/story", epochs=4).chapters[0].full.top1_error
    """
    out = user_path(out, TrainingError)
    record = _load_record(out, {"data": data, "epochs": epochs})
    todo = trainings(epochs)
    for number, training in enumerate(todo, 1):
        if training.folder not in record["results"]:
            on_training(training, number, len(todo))
            history = trained(training.table, data, out / training.folder, options, callbacks)
            predictor = load(out / training.folder, engine="torch", precision="float32")
            fastest = max(epoch.images_per_second for epoch in history)
            record["results"][training.folder] = training_record(training, predictor, data, fastest)
            write_atomically(out / RESULTS_NAME, json.dumps(record, indent=1).encode())
    return story_of(record)


def trainings(epochs: int) -> tuple[Training, ...]:
    """All trainings, the full ones first.

    >>> len(trainings(20)), trainings(20)[-1].folder
    (20, 'resnet20-5-epochs-seed-2')
    """
    full = [Training(chapter, epochs, 0) for chapter in CHAPTERS]
    short = [Training(chapter, quarter(epochs), seed) for seed in _QUARTER_SEEDS for chapter in CHAPTERS]
    return (*full, *short)


def quarter(epochs: int) -> int:
    """A quarter of the epochs, at least one."""
    return max(1, epochs // 4)


def story_of(record: Any) -> Story:
    """The story of a complete story.json."""
    results, epochs = record["results"], record["epochs"]
    first = next(iter(results.values()))

    def result(chapter: Chapter, epochs: int, seed: int) -> Result:
        return Result(**results[Training(chapter, epochs, seed).folder]["result"])

    chapters = []
    for chapter in CHAPTERS:
        short = tuple(result(chapter, quarter(epochs), seed) for seed in _QUARTER_SEEDS)
        of_run = results[Training(chapter, epochs, 0).folder]
        full = result(chapter, epochs, 0)
        chapters.append(ChapterResults(chapter, of_run["parameters"], of_run["macs"], full, short))
    return Story(record["data"], first["part"], first["images"], epochs, first["device"], tuple(chapters))


def _load_record(out: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """What is in story.json, or a new record. TrainingError if it has other settings."""
    try:
        record: dict[str, Any] = json.loads((out / RESULTS_NAME).read_bytes())
    except FileNotFoundError:
        return {"schema": 1, **settings, "results": {}}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{out / RESULTS_NAME}: cannot be read: {error}") from None
    for name, value in settings.items():
        if record.get(name) != value:
            raise TrainingError(f"{out}: holds a story of other {name} ({record.get(name)}): choose another folder")
    return record


def training_record(training: Training, predictor: Predictor, data: str, images_per_second: float) -> dict[str, Any]:
    """What story.json keeps of a finished training: `predictor` is of its model, in single precision."""
    evaluation = predictor.evaluate(data)
    scores, total, record = evaluation.scores, summarize(predictor.table).total, predictor.model.training
    result = Result(training.seed, 1 - scores.top1, 1 - scores.top5, record["images"], images_per_second)
    return {
        "result": asdict(result),
        "parameters": total.parameters,
        "macs": total.macs,
        "part": evaluation.part,
        "images": scores.images,
        "device": record["device"],
    }
