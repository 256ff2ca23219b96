"""The tables' arithmetic in the page without a server, beside the server's: every answer the same, to the letter.

    python benchmarks/page_tables.py [--count 2000] [--seed 0]

So many drawn tables, drawn damages of tables, and files with changed letters are asked of the server and of the page's
own backend in Node: the report, the fault and what would fit, in both languages; and of the drawn tables the drawing.
The first answer that differs ends the run with its request. Then ResNet-152 is edited: the time and the CPU time of
answers in Node.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "web" / "engine"))

from damaged import damaged, damaged_text, plain
from drawn import tables
from engine_process import ENGINE, Engine
from engine_tables import DOCUMENTS, PLAIN, SHIPPED, TEXTS, Both
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from processes import machine
from serving import serving

from striate.inference import Predictor
from striate.models import shipped_models
from striate.web import LabSettings

EDITS = """
import { readFileSync } from "node:fs";
const { tablesRoutes } = await import(process.argv[1]);
const { documents, tables } = JSON.parse(readFileSync(0, "utf8"));
const backend = { models: new Map(), documents: new Map(Object.entries(documents)) };
const times = tables.map((table) => {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const { fault } = tablesRoutes["POST table"](backend, {}, table, "en");
  const { user, system } = process.cpuUsage(cpu);
  return { wall: performance.now() - start, cpu: (user + system) / 1000, isPossible: !fault };
});
console.log(JSON.stringify(times));
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="requests of each kind")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    models = {"lenet5": Predictor.load(str(shipped_models()["lenet5"]))}
    start = time.perf_counter()
    engine = Engine()
    with tempfile.TemporaryDirectory() as folder, serving(models, lab=LabSettings(Path(folder))) as server:
        found = ask_all(Both(engine, server), arguments.count, arguments.seed)
    engine.close()
    print(machine())
    for kind, outcomes in found.items():
        words = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items()))
        print(f"{kind:18} {sum(outcomes.values()):7,} the same: {words}")
    print(f"in {time.perf_counter() - start:.0f} s")
    for name, times in edit_times().items():
        walls, cpus = ([one[key] for one in times] for key in ("wall", "cpu"))
        print(f"{name:18} median {statistics.median(walls):.0f} ms, CPU {statistics.median(cpus):.0f} ms")


def ask_all(both: Both, count: int, number: int) -> dict[str, Counter[str]]:
    """The outcomes of each kind of request; AssertionError if an answer differs."""
    found: dict[str, Counter[str]] = {}
    languages = st.sampled_from(["en", "ko"])

    def draw(kind: str, drawn: st.SearchStrategy[Any], ask: Callable[[Any, str], dict[str, Any]]) -> None:
        outcomes = found.setdefault(kind, Counter())

        @seed(number)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(drawn=drawn, language=languages)
        def every(drawn: Any, language: str) -> None:
            answer = ask(drawn, language)
            outcomes["refused" if "error" in answer else "faults" if answer.get("fault") else "possible"] += 1

        every()

    draw("tables", tables().map(plain), lambda table, language: both.check("table", table, language=language))
    draw("their drawings", tables().map(plain), lambda table, language: both.check("drawing", table, language=language))
    draw("damaged tables", damaged(PLAIN), lambda table, language: both.check("table", table, language=language))
    draw(
        "changed files",
        damaged_text(TEXTS),
        lambda text, language: both.check("table", {"toml": text}, language=language),
    )
    return found


def edit_times(count: int = 40) -> dict[str, list[dict[str, float]]]:
    """Times of answers to edits of ResNet-152, with the first ten, in which code is compiled, left out."""
    edited = [plain(SHIPPED["resnet152"]) for _ in range(count)]
    for index, table in enumerate(edited):
        convolution = table["rows"][20 + index % 20]["body"][0]
        convolution |= {"maps": 256, "kernel": 1 if index % 2 else 99}
    request = json.dumps({"documents": DOCUMENTS, "tables": edited})
    backend = (Path(str(ENGINE)).parent / "backend" / "tables.js").as_uri()
    answer = subprocess.run(
        ["node", "--input-type=module", "--eval", EDITS, backend],
        input=request, stdout=subprocess.PIPE, check=True, encoding="utf-8",
    ).stdout  # fmt: skip
    times = json.loads(answer)[10:]
    return {
        "edit, possible": [one for one in times if one["isPossible"]],
        "edit, impossible": [one for one in times if not one["isPossible"]],
    }


if __name__ == "__main__":
    main()
