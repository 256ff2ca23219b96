"""Measure what each idea of the notes buys, by paired ablations on CIFAR-10 as JPEG, and keep the results.

    python scripts/ablations.py --data DIR --out DIR [--keep]

DIR of `--data` is the folder of `cifar10-jpeg.tar.gz` with train/ and test/. Started again, it continues where it was
stopped. With `--keep` the results go to `docs/ledger_entries/ablations.json` and `docs/pictures/ablations/`, beside
those of the other groups; `make ledger` then makes the pages.

The budget, for two cores without bfloat16, in float32: 10,000 training and 2,500 validation pictures, five seeds. At
900 images a second for alexnet:small, 350 for resnet20 and googlenet:small, and validation at three times that rate:

    alexnet:small and seven variants, 10 epochs     7 x 120 s and 182 s (two 3x3)   1,022 s a seed     85 min
    resnet20, plain20, options B and C, 2 epochs    3 x 62 s and 68 s                 254 s            21 min
    resnet32 and plain32, 2 epochs                  2 x 105 s                         210 s            18 min
    resnet44 and plain44, 2 epochs                  2 x 148 s                         296 s            25 min
    googlenet:small with its head and without       2 x 62 s                          124 s            10 min
    90 trainings: reading the folder's list, the report                               8 s each         12 min
                                                                                                      171 min

`--images`, `--epochs` and `--seeds` make it small, to try it; `--only` takes some groups; `--processes` is for a larger
machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "docs"), str(ROOT / "benchmarks")]

from ledger_entries.ablations import FILE, GROUPS, IMAGES, SEEDS, VAL_FRACTION, Group, effect, kept  # noqa: E402
from processes import machine  # noqa: E402

PICTURES = ROOT / "docs" / "pictures" / "ablations"


def main() -> None:
    """Run each group, write OUT/ablations.json, keep it if asked, and print a line for each variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="the folder of CIFAR-10 as JPEG")
    parser.add_argument("--out", required=True, type=Path, help="the directory of the trainings")
    parser.add_argument("--only", nargs="+", choices=[group.name for group in GROUPS], help="these groups (all)")
    parser.add_argument("--images", type=int, default=IMAGES, help=f"training pictures ({IMAGES:,})")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"seeds ({SEEDS})")
    parser.add_argument("--epochs", type=int, help="epochs of every group (as stated above)")
    parser.add_argument("--processes", type=int, default=1, help="trainings at the same time (1)")
    parser.add_argument("--keep", action="store_true", help="keep the results for the documentation")
    options = parser.parse_args()
    chosen = [group for group in GROUPS if options.only is None or group.name in options.only]
    groups = [run(group, options) for group in chosen]
    write(options.out / "ablations.json", groups)
    if options.keep:
        write(FILE, merged((kept() or {"groups": []})["groups"], groups))
        PICTURES.mkdir(exist_ok=True)
        for group in chosen:
            shutil.copyfile(options.out / group.name / "ablation.png", PICTURES / f"{group.name}.png")
    for group in groups:
        for variant in group["variants"]:
            print(f"{variant['idea']}: {variant['table']} against {group['base']['table']}: {effect(variant)}")


def write(file: Path, groups: list[dict[str, Any]]) -> None:
    """Write the results of some groups."""
    content = json.dumps({"schema": 1, "groups": groups}, indent=1, ensure_ascii=False) + "\n"
    file.write_text(content, encoding="utf-8", newline="\n")


def merged(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results that were kept before and those of now, which replace them, in the groups' order."""
    by_name = {group["name"]: group for group in [*before, *now]}
    return [by_name[group.name] for group in GROUPS if group.name in by_name]


def run(group: Group, options: argparse.Namespace) -> dict[str, Any]:
    """The result of a group, as kept: without run directories, with the idea of each variant."""
    words = ["ablate", group.base, *group.ideas, "--val-fraction", VAL_FRACTION, "--images", options.images]
    words += ["--seeds", options.seeds, "--epochs", options.epochs or group.epochs, "--precision", "float32"]
    words += ["--short"] if group.short else []
    places = ["--data", options.data, "--out", options.out / group.name, "--processes", options.processes]
    command = [sys.executable, "-m", "striate", *map(str, [*words, *places])]
    if (code := subprocess.run(command, check=False).returncode) != 0:
        sys.exit(code)
    result = json.loads((options.out / group.name / "ablation.json").read_text(encoding="utf-8"))
    for table in (result["base"], *result["variants"]):
        del table["runs"]
    for variant in result["variants"]:
        variant["idea"] = group.ideas[variant["table"]]
    result["command"] = " ".join(["striate", *map(str, words), "--data", "DIR", "--out", group.name])
    return {"name": group.name, "machine": machine("torch"), **result}


if __name__ == "__main__":
    main()
