"""The page in one file beside the lab that is served, and its engine beside onnxruntime-web, in a real browser.

    python benchmarks/page.py [--runs 20] [--models lenet5 resnet20]

`striate serve`, `striate page` and Chromium, as processes on this machine; npm brings onnxruntime-web into a temporary
folder. For each model: how far the answers are behind the pen, and milliseconds from a request of Layers and of Stress
(one picture, and the whole curve) to its document, by turns in the served page and in the file; images a second of a
training. Then one pass forward by the page's engine and by onnxruntime-web (wasm, one thread), and what each weighs. On
a busy machine only CPU time says something: that of the page's answer to Layers, a pass with all maps, in Node.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from lab import answered, serving
from playwright.sync_api import Browser, Page
from processes import machine, spread

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import browser

API = {
    "served": "const api = await import(new URL('static/lib/api.js', location.href).href);",
    "file": "const api = await striatePage.load('', 'lib/api.js');",
}
"""How a page's own code reaches the seam through which it asks."""
REQUESTS = {
    "Layers": ("layers", {}),
    "Stress": ("stress", {"rotation": 15}),
    "Stress, curve": ("stress", {"sweep": "rotation"}),
}
ASK = """async ([path, query, runs]) => {
    %s
    const canvas = Object.assign(document.createElement("canvas"), { width: 140, height: 140 });
    const took = [];
    for (let run = 0; run <= runs; run++) {
        const context = canvas.getContext("2d");
        context.fillStyle = "#fff";
        context.fillRect(0, 0, 140, 140);
        context.fillStyle = "#000";
        context.fillRect(60 + run %% 9, 20, 14, 100);
        const picture = await new Promise((resolve) => canvas.toBlob(resolve));
        const started = performance.now();
        await api.postPicture(path, picture, query);
        took.push(performance.now() - started);
    }
    return took.slice(1);
}"""
TRAIN = """async () => {
    %s
    const { name } = await api.post("runs", { table: "lenet5", data: "digits", epochs: 12 });
    for (let first = null; ;) {
        const { state, done } = await api.get("run", { name });
        if (done && !first) first = { done, time: performance.now() };
        if (state !== "running") {
            await api.post("run/delete", {}, { name });
            return 1000 * IMAGES * (done - first.done) / (performance.now() - first.time);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}""".replace("IMAGES", "1437")  # that are learned from in an epoch; the time has the validation of the others too
FORWARD = """async (runs) => {
    const [{ readModelFile }, { buildNetwork, forward }, { planTable }, { tensor }] = await Promise.all(
        ["model-file", "network", "plan", "tensor"].map((name) => striatePage.load("", `engine/${name}.js`)));
    const { table, parameters } = readModelFile(await striatePage.readPart("model-0"));
    const network = buildNetwork(planTable(table), parameters), input = tensor([1, ...table.input]);
    input.data.forEach((_, at) => { input.data[at] = Math.sin(at); });
    const took = [];
    for (let run = 0; run < runs + 5; run++) {
        const started = performance.now();
        forward(network, input);
        took.push(performance.now() - started);
    }
    return took.slice(5);
}"""
ORT = """async ([shape, runs]) => {
    const ort = await import("/ort.wasm.min.mjs");
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create("/model.onnx", { executionProviders: ["wasm"] });
    const size = shape.reduce((a, b) => a * b);
    const input = new ort.Tensor("float32", Float32Array.from({ length: size }, (_, at) => Math.sin(at)), shape);
    const took = [];
    for (let run = 0; run < runs + 5; run++) {
        const started = performance.now();
        await session.run({ [session.inputNames[0]]: input });
        took.push(performance.now() - started);
    }
    return took.slice(5);
}"""
LAYERS_IN_NODE = """
import { readFileSync } from "node:fs";
const [, backendFolder, content, side, runs] = process.argv;
const modules = ["routes", "models"].map((name) => import(`${backendFolder}/${name}.js`));
const [{ answer }, { openModel }] = await Promise.all(modules);
const model = openModel({ name: "model", content: new Uint8Array(readFileSync(content)), macs: 1, side: Number(side) });
const backend = { listed: [], models: new Map([["model", model]]), documents: new Map() };
const took = [];
for (let run = 0; run < Number(runs) + 20; run++) {
    const data = new Uint8Array(140 * 140 * 4).fill(255);
    for (let y = 20; y < 120; y++) data.fill(0, 4 * (140 * y + 60 + run % 9), 4 * (140 * y + 74 + run % 9));
    const picture = { width: 140, height: 140, data: data.map((value, at) => (at % 4 === 3 ? 255 : value)) };
    const before = process.cpuUsage();
    await answer(backend, { method: "POST", path: "layers", query: "model=model", language: "en", picture });
    const { user, system } = process.cpuUsage(before);
    took.push((user + system) / 1000);
}
console.log(JSON.stringify(took.slice(20)));
"""
KB = 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--models", nargs="+", default=["lenet5", "resnet20"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, browser() as chromium:
        folder = Path(name)
        print(f"{machine('torch', 'playwright')}, Chromium {chromium.version}; median (min to max)\n")
        from striate.models import shipped_models

        others = [shipped_models()[model] for model in options.models if model != "lenet5"]
        with serving(folder / "runs", others) as (address, _):
            for model in options.models:
                file = folder / f"{model}.html"
                written = json.loads(striate("page", model, "-o", file, "--json"))
                print(f"{model}: a file of {written['bytes'] / KB:,.0f} KB")
                pages = {"served": f"{address}/#draw?model={model}", "file": f"{file.as_uri()}#draw"}
                beside_the_server(chromium, pages, model, options.runs)
                print(f"  Layers, file, in Node: CPU {spread(layers_in_node(model, options.runs), 1)} ms")
        for model in options.models:
            beside_onnxruntime(chromium, folder, model, options.runs)


def striate(*arguments: object) -> str:
    """What a command prints."""
    command = [sys.executable, "-m", "striate", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


@contextlib.contextmanager
def opened(chromium: Browser, address: str) -> Iterator[Page]:
    """A page of a profile of its own, in which the first answer is painted."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.locator("#view.view-draw:not([data-behind]) .bars li").first.wait_for()
    try:
        yield page
    finally:
        context.close()


def beside_the_server(chromium: Browser, pages: dict[str, str], model: str, runs: int) -> None:
    """Medians of the served page and of the file, and their ratio."""
    took: dict[str, dict[str, list[float]]] = {}
    for kind, address in pages.items():
        with opened(chromium, address) as page:
            took["Pen"] = {**took.get("Pen", {}), kind: answered(page, seconds=4)}
            for name, (path, query) in REQUESTS.items():
                asked = [path, {"model": model, **query}, runs if name != "Stress, curve" else max(2, runs // 5)]
                took[name] = {**took.get(name, {}), kind: page.evaluate(ASK % API[kind], asked)}
    for name, by_kind in took.items():
        ratio = statistics.median(by_kind["file"]) / statistics.median(by_kind["served"])
        served, file = (spread(by_kind[kind], 1) for kind in ("served", "file"))
        print(f"  {name}: served {served} ms, file {file} ms; {ratio:.2f} times")
    if model == "lenet5":
        for kind, address in pages.items():
            with opened(chromium, address) as page:
                print(f"  Train, {kind}: {page.evaluate(TRAIN % API[kind]):,.0f} images/s")


def layers_in_node(model: str, runs: int) -> list[float]:
    """Milliseconds of CPU that the page's own backend takes for Layers, each time of another picture."""
    from importlib.resources import files

    from striate.data import decode_side
    from striate.models import shipped_models
    from striate.nn import read_metadata

    path = shipped_models()[model]
    backend = files("striate") / "web" / "static" / "backend"
    arguments = [Path(str(backend)).as_uri(), str(path), str(decode_side(read_metadata(path).plan.table)), str(runs)]
    command = ["node", "--input-type=module", "--eval", LAYERS_IN_NODE, "--", *arguments]
    took: list[float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return took


def beside_onnxruntime(chromium: Browser, folder: Path, model: str, runs: int) -> None:
    """One pass forward by the page's engine and by onnxruntime-web, and the bytes of each beside the weights."""
    modules = folder / "node_modules" / "onnxruntime-web"
    if not modules.is_dir():
        npm = shutil.which("npm")
        assert npm
        command = [npm, "install", "--prefix", str(folder), "--no-save", "--silent", "onnxruntime-web"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    version = json.loads((modules / "package.json").read_text(encoding="utf-8"))["version"]
    root = folder / f"ort-{model}"
    root.mkdir()
    needed = [
        modules / "dist" / name
        for name in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
    ]
    for path in needed:
        shutil.copy(path, root / path.name)
    striate("export", model, root / "model.onnx")
    (root / "index.html").write_text("<!doctype html><title>onnxruntime-web</title>", encoding="utf-8")
    shape = [1, *json.loads(striate("summary", model_table(model), "--json"))["input"]]
    with opened(chromium, (folder / f"{model}.html").as_uri()) as page:
        own = page.evaluate(FORWARD, runs)
        code = page.evaluate("striatePage.parts.code.size")
    with handed_out(root) as address:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(address)
        theirs = page.evaluate(ORT, [shape, runs])
        context.close()
    weighs = sum(path.stat().st_size for path in needed)
    print(
        f"{model}, one pass: this engine {spread(own, 2)} ms, onnxruntime-web {version} {spread(theirs, 2)} ms;"
        f" {code / KB:,.0f} KB of code with all views, and {weighs / KB:,.0f} KB; {ratio_of(own, theirs):.1f} times"
    )


def ratio_of(own: list[float], theirs: list[float]) -> float:
    """How many times longer this engine takes."""
    return statistics.median(own) / statistics.median(theirs)


def model_table(model: str) -> str:
    """The table of a model that ships."""
    from striate.models import shipped_models
    from striate.nn import read_metadata

    return read_metadata(shipped_models()[model]).plan.table.name


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map: ClassVar[dict[str, str]] = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def handed_out(folder: Path) -> Iterator[str]:
    """The address of a web server over a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    main()
