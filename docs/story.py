"""What each network of the history is worth on small photographs: the page of the story, as Markdown.

    python docs/story.py --keep DIR > docs/story.md
    python docs/story.py > docs/story.md

DIR is the folder of `striate story --data CIFAR --out DIR --precision float32`, where CIFAR is CIFAR-10 as JPEG. Its
results are kept in `docs/story.json`, its picture in `docs/pictures/story.png`. Copied back to DIR (with `data` as it
was given), `story.json` lets another machine go on with the trainings that it lacks.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from striate.studies import RESULTS_NAME, story_of, story_page, story_picture, trainings

DOCS = Path(__file__).parent
FILE, PICTURE = DOCS / "story.json", DOCS / "pictures" / "story.png"
DATA = "CIFAR-10 as JPEG"
COMMAND = "striate story --data CIFAR --out runs/story --precision float32"


def complete(record: dict[str, Any]) -> bool:
    """Whether all trainings are among the results."""
    return {training.folder for training in trainings(record["epochs"])} <= record["results"].keys()


def render(record: dict[str, Any]) -> str:
    """The whole page."""
    return story_page(story_of(record), COMMAND, f"pictures/{PICTURE.name}")


def keep(folder: Path) -> None:
    """Keep the results of a folder, and draw their picture if they are complete."""
    record = {**json.loads((folder / RESULTS_NAME).read_text(encoding="utf-8")), "data": DATA}
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")
    if complete(record):
        PICTURE.write_bytes(story_picture(story_of(record)))


def main() -> None:
    """Keep results if a folder is named; print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep the results of this folder")
    options = parser.parse_args()
    if options.keep is not None:
        keep(options.keep)
    record = json.loads(FILE.read_text(encoding="utf-8"))
    if not complete(record):
        parser.exit(1, f"{FILE.name}: {len(record['results'])} of {len(trainings(record['epochs']))} trainings yet\n")
    print(render(record), end="")


if __name__ == "__main__":
    main()
