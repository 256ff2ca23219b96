"""What each network of the history is worth on small photographs: the page of the story, as Markdown.

    python docs/story.py --shipped CIFAR
    python docs/story.py --keep DIR > docs/story.md
    python docs/story.py > docs/story.md

CIFAR is CIFAR-10 as JPEG, DIR the folder of `striate story --data CIFAR --out DIR --val-fraction 0.1 --precision
float32`. Its results are kept in `docs/story.json`, its picture in `docs/pictures/story.png`. Copied back to DIR (with
`data` as it was given), `story.json` lets another machine go on with the trainings that it lacks. Three of the full
trainings have been made before: those of the models that ship. `--shipped` evaluates these and keeps their results.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from striate.inference import load
from striate.models import shipped_models
from striate.studies import RESULTS_NAME, story_of, story_page, story_picture, training_record, trainings
from striate.tables import SHORT

DOCS = Path(__file__).parent
FILE, PICTURE = DOCS / "story.json", DOCS / "pictures" / "story.png"
DATA = "CIFAR-10 as JPEG"
COMMAND = "striate story --data CIFAR --out runs/story --val-fraction 0.1 --precision float32"


def complete(record: dict[str, Any]) -> bool:
    """Whether all trainings are among the results."""
    return {training.folder for training in trainings(record["epochs"])} <= record["results"].keys()


def render(record: dict[str, Any]) -> str:
    """The whole page."""
    return story_page(story_of(record), COMMAND, f"pictures/{PICTURE.name}")


def keep(folder: Path) -> None:
    """Keep the results of a folder beside those that were kept before; draw their picture if they are complete."""
    record = {**json.loads((folder / RESULTS_NAME).read_text(encoding="utf-8")), "data": DATA}
    record["results"] = {**kept_results(), **record["results"]}
    write(record)
    if complete(record):
        PICTURE.write_bytes(story_picture(story_of(record)))


def shipped(cifar: str) -> dict[str, Any]:
    """The results of the full trainings that the models that ship have had, at the mean speed of all epochs."""
    results = {}
    for training in trainings(SHORT.epochs):
        if training.epochs != SHORT.epochs or training.chapter.table not in shipped_models():
            continue
        predictor = load(training.chapter.table, engine="torch", precision="float32")
        if predictor.table != training.table:
            raise ValueError(f"{training.chapter.table}: was trained by another table or recipe")
        record = predictor.model.training
        speed = record["images"] * record["epochs"] / record["seconds"]
        results[training.folder] = training_record(training, predictor, cifar, speed)
    return results


def keep_shipped(cifar: str) -> None:
    """Keep the results of the models that ship, beside those that were kept before."""
    write({"schema": 1, "data": DATA, "epochs": SHORT.epochs, "results": {**shipped(cifar), **kept_results()}})


def kept_results() -> dict[str, Any]:
    """The results that are kept, by run directory."""
    return dict(json.loads(FILE.read_text(encoding="utf-8"))["results"]) if FILE.exists() else {}


def write(record: dict[str, Any]) -> None:
    """Write what is kept."""
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    """Keep results if a folder is named; print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shipped", metavar="CIFAR", help="keep the results of the models that ship")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep the results of this folder")
    options = parser.parse_args()
    if options.shipped is not None:
        keep_shipped(options.shipped)
    if options.keep is not None:
        keep(options.keep)
    record = json.loads(FILE.read_text(encoding="utf-8"))
    if not complete(record):
        parser.exit(1, f"{FILE.name}: {len(record['results'])} of {len(trainings(record['epochs']))} trainings yet\n")
    print(render(record), end="")


if __name__ == "__main__":
    main()
