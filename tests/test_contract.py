"""What must stay true of the whole: import direction, a left side without torch, exports, flags, form."""

import ast
import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import striate
from striate.cli import parser

SOURCE = Path(striate.__file__).parent
ROOT = SOURCE.parent.parent
FILES = sorted(SOURCE.rglob("*.py"))
# All but `__main__`, which runs the command line when it is imported.
MODULES = sorted({module.name for module in pkgutil.walk_packages([str(SOURCE)], "striate.")} - {"striate.__main__"})

# A module imports only from its left.
ORDER = (
    "errors", "text", "markup", "words", "paths", "equations", "models", "tables", "analysis", "drawing", "runtime", "nn", "data", "training",
    "inspection", "inference", "studies", "doctor", "course", "runs", "web", "notebook", "cli",
)  # fmt: skip
WITHOUT_TORCH = (
    "errors",
    "text",
    "markup",
    "words",
    "paths",
    "equations",
    "models",
    "tables",
    "analysis",
    "drawing",
    "runtime",
)
WITH_TORCH = ("abilities.py", "device.py", "distributed.py", "out_of_memory.py", "parallel.py", "transfer.py")
EXCEPT = {SOURCE / "runtime" / name for name in WITH_TORCH}
"""What torch itself gives of the platform; the face of `runtime` imports them when they are used."""
HEAVY = {
    "torch",
    "torchvision",
    "numpy",
    "PIL",
    "sklearn",
    "matplotlib",
    "captum",
    "safetensors",
    "onnx",
    "onnxruntime",
    "openvino",
    "fastapi",
    "uvicorn",
}


def part(path):
    """The part of the package that a file belongs to: `tables`, `nn`, ..."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def import_nodes(path):
    """The imports of a file, inside functions and under TYPE_CHECKING too."""
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Import | ast.ImportFrom)]


def imported_names(path):
    """What a file imports: a module, or a name as `module.name`."""
    for node in import_nodes(path):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        else:
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def imports(path):
    """Every module that a file imports, and every name from it."""
    for name in imported_names(path):
        yield from (name, name.rpartition(".")[0] or name)


@pytest.mark.parametrize("name", ORDER)
def test_a_part_imports_only_from_its_left(name):
    own = ORDER.index(name)
    paths = [path for path in FILES if part(path) == name]
    assert paths
    for path in paths:
        for module in imports(path):
            names = module.split(".")
            if names[0] != "striate":
                continue
            if len(names) == 1:  # `import striate` reaches everything; `from striate import PART` is judged by its part
                assert name == "cli" or "import striate\n" not in path.read_text(encoding="utf-8"), path
            else:
                assert names[1] in ORDER, f"{path} imports {module}"
                assert ORDER.index(names[1]) <= own, f"{path} imports {module}"


def module_name(path):
    """The name by which a file is imported; a face has that of its package."""
    return ".".join((SOURCE.name, *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


def test_no_imports_form_a_circle():
    """Faces are modules too; imports inside functions and under TYPE_CHECKING count."""
    paths = {module_name(path): path for path in FILES}
    graph = {}
    for module, path in paths.items():
        # `from package import module` needs the module, `from package import name` the package's face.
        needed = {name if name in paths else name.rpartition(".")[0] for name in imported_names(path)}
        graph[module] = needed & paths.keys()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import one another: {' -> '.join(reversed(error.args[1]))}")


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_the_left_side_imports_neither_torch_nor_numpy(name):
    for path in FILES:
        if part(path) == name and path not in EXCEPT:
            assert not HEAVY & {module.split(".")[0] for module in imports(path)}, path


PUBLIC_MODULES = {
    "striate.nn.onnx_graph",
    "striate.data.onnx_preprocessing",
    "striate.inspection.views",
    "striate.studies.error_page",
    "striate.studies.model_comparison_page",
} | {f"striate.tables.{family}" for family in ("lenet5", "alexnet", "googlenet", "resnet", "minivggnet", "notes")}
"""Beside the faces: what needs an extra, what needs matplotlib, and the families' files."""
FOLDERS = {
    "src": FILES,
    **{name: sorted((ROOT / name).rglob("*.py")) for name in ("docs", "benchmarks", "scripts", "tests")},
}


def is_inside(path, package):
    """Whether a file belongs to a package, or is a test of its insides."""
    places = (SOURCE / package, ROOT / "tests" / package)
    return any(place in path.parents for place in places)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_packages_insides_are_imported_from_outside_by_nobody(folder):
    for path in FOLDERS[folder]:
        for node in import_nodes(path):
            if not isinstance(node, ast.ImportFrom) or not node.module.startswith("striate."):
                continue
            package, *inside = node.module.split(".")[1:]
            public = any(node.module == module or node.module.startswith(f"{module}.") for module in PUBLIC_MODULES)
            assert not inside or public or is_inside(path, package), f"{path}: {node.module} is inside {package}"


def test_every_part_of_the_package_has_its_place():
    assert {part(path) for path in FILES} - set(ORDER) == {"__init__", "__main__", "reference"}


def test_the_equations_import_nothing():
    assert list(imports(SOURCE / "equations.py")) == []


@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["summary", "lenet5"],
        ["compare", "lenet5", "minivggnet"],
        ["train", "--help"],
        ["ablate", "--help"],
        ["inspect", "--help"],
        ["serve", "--help"],
        ["page", "--help"],
        ["exercises", "--help"],
        ["ledger", "--help"],
    ],
)
def test_what_needs_no_torch_does_not_import_it(command):
    program = (
        f"import sys; from striate.cli import main\ntry: main({command!r})\nexcept SystemExit: pass\n"
        f"print(sorted({HEAVY | {'rich'}!r} & set(sys.modules)) or 'clean')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "clean"


def test_the_face_of_runtime_imports_torch_only_when_a_name_needs_it():
    program = """
import sys
from striate.runtime import InterruptHandler, acquire_lock, cache_home, write_atomically
assert "torch" not in sys.modules
from striate.runtime import ProcessGroup, find_device
assert "torch" in sys.modules
import striate.runtime
assert all(hasattr(striate.runtime, name) for name in striate.runtime.__all__)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_exported_names():
    assert sorted(striate.__all__) == [
        "Callback", "DataOptions", "Epoch", "Network", "Options", "Plan", "Predictor", "Progress", "Report",
        "StriateError", "Table", "__version__", "ablate", "build", "load", "load_table", "resume", "summarize", "train",
    ]  # fmt: skip
    assert all(getattr(striate, name) is not None for name in striate.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = striate.nothing


def test_flags():
    """A flag once given is kept: a change here is a change for users."""
    (commands,) = [action for action in parser()._actions if action.dest == "command"]
    flags = {
        name: sorted(flag for action in command._actions for flag in action.option_strings if flag.startswith("--"))
        for name, command in commands.choices.items()
    }
    common = ["--debug", "--help", "--json"]
    engine = ["--device", "--engine", "--precision"]
    data = ["--cache-size", "--data", "--data-dir", "--max-bad", "--val-fraction"]
    assert flags == {
        "demo": common,
        "list": common,
        "summary": sorted(["--batch-size", "--language", "--recipe", "--svg", *common]),
        "compare": sorted(["--batch-size", "--device", "--language", "--no-worse", "--out", "--part", *data, *common]),
        "train": sorted(
            [
                "--batch-size",
                "--compile",
                "--device",
                "--epochs",
                "--from",
                "--language",
                "--learning-rate",
                "--out",
                "--precision",
                "--pretrained",
                "--replay",
                "--resume",
                "--seed",
                "--short",
                "--tensorboard",
                "--workers",
                *data,
                *common,
            ]
        ),
        "ablate": sorted(
            [
                "--batch-size",
                "--device",
                "--epochs",
                "--images",
                "--language",
                "--learning-rate",
                "--out",
                "--precision",
                "--processes",
                "--seeds",
                "--short",
                "--workers",
                *data,
                *common,
            ]
        ),
        "evaluate": sorted(["--crops", "--language", "--out", "--part", "--raw", *engine, *data, *common]),
        "calibrate": sorted(["--device", "--false-alarms", "--out", *data, *common]),
        "check": sorted(["--data-dir", "--deep", "--language", "--model", "--out", *common]),
        "predict": sorted(["--calibrate", "--jsonl", "--raw", "--samples", "--set", "--top", *engine, *common]),
        "export": sorted(["--pixels", "--quantize", *common]),
        "inspect": sorted(
            [
                "--class",
                "--device",
                "--gradient-flow",
                "--language",
                "--layer",
                "--learning",
                "--out",
                "--pooling",
                "--replay",
                "--seed",
                "--unit",
                *data,
                *common,
            ]
        ),
        "exercises": sorted(["--language", "--lesson", "--out", "--seed", "--sheets", *common]),
        "ledger": sorted(["--language", "--out", *common]),
        "page": sorted(["--out", *common]),
        "story": sorted(["--device", "--epochs", "--language", "--out", "--precision", "--workers", *data, *common]),
        "serve": sorted(
            [
                "--allow-frame",
                "--allowed-host",
                "--calibrate",
                "--class",
                "--data",
                "--data-dir",
                "--host",
                "--port",
                "--runs",
                "--token",
                *engine,
                *common,
            ]
        ),
    }


PROCESSES = ("run", "Popen", "call", "check_call", "check_output")


def text_calls(path):
    """The calls in a file that read or write text, by their keywords: of files and of processes."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        constants = (part.value for part in (*node.args, *keywords.values()) if isinstance(part, ast.Constant))
        modes = {mode for mode in constants if re.fullmatch("[rwxabt+]{1,3}", str(mode))}
        opens = name in ("open", "fdopen") and ast.unparse(node.func) not in ("Image.open", "os.open", "tarfile.open")
        if (
            name in ("read_text", "write_text", "TextIOWrapper")
            or (opens and not any("b" in mode for mode in modes))
            or (name.endswith("TemporaryFile") and modes and not any("b" in mode for mode in modes))
            or (name in PROCESSES and {"text", "universal_newlines"} & keywords.keys())
        ):
            writes = name == "write_text" or (opens and any(set(mode) & set("wxa") for mode in modes))
            yield node, keywords, writes


@pytest.mark.parametrize("folder", FOLDERS)
def test_text_is_utf_8_whatever_the_locale(folder):
    """And what the package writes ends its lines in the same way on every system."""
    for path in FOLDERS[folder]:
        for node, keywords, writes in text_calls(path):
            assert "encoding" in keywords, f"{path}:{node.lineno}: {ast.unparse(node)} needs an encoding"
            if writes and folder == "src" and getattr(keywords.get("newline"), "value", None) != "\n":
                assert "devnull" in ast.unparse(node), f"{path}:{node.lineno}: {ast.unparse(node)} needs newline"


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings(module):
    results = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0


INHERITED = ("forward", "extra_repr", "check", "output", "window", "error", "reset_parameters")


def test_every_file_class_and_function_has_a_docstring():
    for path in FILES:
        module = tree(path)
        assert not module.body or ast.get_docstring(module), f"{path}: says not what it is for"
        inside = [node for part in module.body if isinstance(part, ast.ClassDef) for node in part.body]
        for node in (*module.body, *inside):  # what stands inside a function is nobody else's
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            is_overload = any(isinstance(part, ast.Name) and part.id == "overload" for part in node.decorator_list)
            if not is_overload and node.name not in INHERITED:
                assert ast.get_docstring(node), f"{path}: {node.name} has no docstring"


def packages(project, extra=None):
    """The packages that pip installs with a project, and with one of its extras."""
    needed = project["dependencies"] + (project["optional-dependencies"][extra] if extra else [])
    for requirement in needed:
        name, extras = re.match(r"([\w-]+)(?:\[([\w,]+)\])?", requirement).groups()
        if name == project["name"]:
            yield from (package for inner in extras.split(",") for package in packages(project, inner))
        else:
            yield name


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CALLED = {"PIL": "pillow", "sklearn": "scikit-learn", "markdown_it": "markdown-it-py"}
"""Packages that are imported by another name."""


def test_what_the_package_imports_is_required_by_it():
    """And not by the way, through another package; what an extra brings is imported where it is used."""
    extras = ("onnx", "openvino", "tensorboard", "hub", "notebooks")
    optional = {name for extra in extras for name in packages(PROJECT, extra)}
    for path in FILES:
        modules = {name.split(".")[0] for name in imported_names(path)} - {"striate"} - sys.stdlib_module_names
        names = {CALLED.get(module, module.replace("_", "-")) for module in modules}
        assert names <= {*packages(PROJECT)} | optional, path


def test_the_extra_benchmark_brings_what_benchmarks_import():
    """What each imports, and onnxscript, by which torch exports to ONNX."""
    installed = {*packages(PROJECT, "benchmark")}
    files = sorted((ROOT / "benchmarks").glob("*.py"))
    folders = ("benchmarks", "tests", "tests/web/engine")
    ours = {"striate", *(path.stem for folder in folders for path in (ROOT / folder).glob("*.py"))}
    for path in files:
        modules = {name.split(".")[0] for name in imported_names(path)} - ours - sys.stdlib_module_names
        if "torch.onnx.export" in path.read_text(encoding="utf-8"):
            modules.add("onnxscript")
        assert {CALLED.get(module, module) for module in modules} <= installed, path


MYPY = [["mypy", "--platform", name, "--cache-dir", f".mypy_cache/{name}"] for name in ("linux", "darwin", "win32")]


@pytest.mark.parametrize("command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], *MYPY], ids=" ".join)
def test_lint(command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
