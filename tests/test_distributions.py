"""The distributions: what the wheel and the sdist hold, and the wheel used as its users do, outside this checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import urllib.request
import venv
import zipfile
from email.parser import BytesParser
from pathlib import Path
from shutil import copyfile

import pytest

import striate
from striate.models import samples_of
from striate.nn import load_model

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "striate"
ANYWHERE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def build(project, target, *kinds):
    """Build distributions without a network: hatchling runs in this environment."""
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-d",
        target,
        *(word for kind in kinds for word in ("-t", kind)),
    ]
    subprocess.run(command, cwd=project, env=ANYWHERE, check=True, capture_output=True)
    return sorted(target.iterdir())


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The wheel and the sdist."""
    wheel, sdist = build(ROOT, tmp_path_factory.mktemp("dist"))
    return wheel, sdist


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(distributions):
    wheel, _ = distributions
    assert wheel.name == f"striate-{striate.__version__}-py3-none-any.whl"
    files = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"striate/py.typed", "striate/web/static/index.html", "striate/models/lenet5.safetensors"} <= files
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == files


def test_the_metadata_are_the_projects(distributions):
    wheel, _ = distributions
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = BytesParser().parsebytes(archive.read(name))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (metadata["Name"], metadata["Version"]) == ("striate", striate.__version__)
    assert metadata["Requires-Python"] == project["requires-python"]
    assert set(metadata.get_all("Provides-Extra")) == {*project["optional-dependencies"]}
    assert metadata.get_payload().startswith("# Striate\n")


def test_the_sdist_makes_the_same_wheel_and_holds_the_tests(distributions, tmp_path):
    wheel, sdist = distributions
    with tarfile.open(sdist, encoding="utf-8") as archive:
        archive.extractall(tmp_path, filter="data")
    (project,) = tmp_path.iterdir()
    assert (project / "tests" / Path(__file__).name).read_bytes() == Path(__file__).read_bytes()
    (again,) = build(project, tmp_path / "again", "wheel")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        contents = [{name: archive.read(name) for name in archive.namelist()} for archive in (first, second)]
    assert contents[0] == contents[1]


@pytest.fixture(scope="module")
def installed(distributions, tmp_path_factory):
    """An environment with the wheel, and all that it needs from this one: torch is large."""
    place = tmp_path_factory.mktemp("installed") / "env"
    venv.create(place)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / Path(sys.executable).name
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        distributions[0],
    ]
    subprocess.run(command, env=ANYWHERE, check=True, capture_output=True)
    show = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    library = Path(subprocess.run(show, check=True, capture_output=True, encoding="utf-8").stdout.strip())
    (library / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return scripts


@pytest.fixture
def used(installed, tmp_path):
    """Run the installed command in an empty folder."""

    def run(*arguments):
        return subprocess.run(
            [installed / "striate", *arguments],
            cwd=tmp_path, env=ANYWHERE, capture_output=True, encoding="utf-8", timeout=600, check=True,
        ).stdout  # fmt: skip

    return run


def test_it_is_the_wheel_that_is_used(installed, tmp_path):
    program = "import striate, importlib.metadata; print(striate.__file__, importlib.metadata.version('striate'))"
    shown = subprocess.run(
        [installed / Path(sys.executable).name, "-c", program],
        cwd=tmp_path, env=ANYWHERE, capture_output=True, encoding="utf-8", check=True,
    ).stdout  # fmt: skip
    file, version = shown.rsplit(maxsplit=1)
    assert Path(file).is_relative_to(installed.parent)
    assert version == striate.__version__


def test_the_commands_work_in_an_empty_folder(used):
    assert used("--version") == f"striate {striate.__version__}\n"
    answers = json.loads(used("predict", "lenet5", "--samples", "--json"))["predictions"]
    assert sum(answer["top"][0]["class"] == answer["true"] for answer in answers) >= 9
    used("exercises", "--lesson", "4", "--out", "sheets")


def test_the_first_commands_of_the_readme_work_in_an_empty_folder(used, tmp_path):
    """All but the server, which follows; the photo is one that ships."""
    assert json.loads(used("demo", "--json"))["training"]["top1"] > 0.9
    copyfile(picture("cat"), tmp_path / "cat.jpg")
    (answer,) = json.loads(used("predict", "resnet20", "cat.jpg", "--json"))["predictions"]
    assert answer["top"][0]["class"] == "cat"
    used("page", "lenet5", "-o", "lenet5.html")
    page = (tmp_path / "lenet5.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert len(page) > 500_000


def picture(label):
    """A sample picture of a class."""
    classes = load_model("resnet20").classes
    return next(sample.path for sample in samples_of(classes) if sample.label == label)


def test_the_server_has_the_page_with_all_its_files_and_answers(installed, tmp_path):
    command = [installed / "striate", "serve", "resnet20", "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, env=ANYWHERE, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            address = json.loads(server.stdout.readline())["address"]
            for path in ("/readyz", "/", "/static/lib/api.js", "/static/strings/ko.js", "/lab/models"):
                with urllib.request.urlopen(address + path) as response:
                    assert response.status == 200, path
                    assert response.read(), path
            request = urllib.request.Request(
                f"{address}/v1/models/resnet20/predict", picture("cat").read_bytes(), {"Content-Type": "image/jpeg"}
            )
            with urllib.request.urlopen(request) as response:
                assert json.loads(response.read())["predictions"][0]["top"][0]["class"] == "cat"
        finally:
            server.terminate()
