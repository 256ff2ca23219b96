"""Paths as users give them: the home folder, URLs, no home folder at all."""

import os
import shutil
import tempfile
import unicodedata
from pathlib import Path

import pytest

from striate.errors import DataError, ModelError, StriateError, TableError, TrainingError
from striate.inference import Predictor, export_model
from striate.nn import load_model
from striate.paths import expand, user_path
from striate.runtime import cache, cache_home
from striate.tables import ARCHITECTURES, dumps_table, load_table
from striate.training import load_run_config, train

FIXTURES = Path(__file__).parent.parent / "fixtures" / "0.1"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder that is not the working directory."""
    folder = tmp_path / "home"
    (tmp_path / "work").mkdir()
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))  # of Windows
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def homeless(monkeypatch):
    """A user without an account and without $HOME, as in a container."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    cache._temporary.cache_clear()
    yield
    cache._temporary.cache_clear()


def test_the_home_folder(home):
    assert expand("~") == str(home)
    assert user_path("~/x") == home / "x"
    for path in ("x/~", "./~", "~nobody-of-this-name/x", "~$letter.png", "a~b", "lenet5", r"C:\photos", "c:/photos"):
        assert expand(path) == path


@pytest.mark.usefixtures("home")
def test_either_form_of_unicode():
    composed, decomposed = (unicodedata.normalize(form, "실행/첫째") for form in ("NFC", "NFD"))
    assert expand(composed) == composed, "there is none yet"
    Path(decomposed).mkdir(parents=True)
    for typed in (composed, decomposed):
        assert user_path(typed).samefile(decomposed)
        assert user_path(f"{typed}/new.onnx").parent.samefile(decomposed)
    shutil.copytree(FIXTURES / "digits-finished", decomposed, dirs_exist_ok=True)
    assert Predictor.load(composed).classes == tuple("0123456789")
    assert load_run_config(user_path(composed), finished=True).data == "digits"


@pytest.mark.usefixtures("home")
def test_a_run_of_version_0_1_on_a_named_set_is_so_beside_a_folder_of_its_name():
    Path("digits").mkdir()
    assert load_run_config(FIXTURES / "digits-unfinished").data_kind == "named"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a/b.jpg?c=d",
        "http://x/y",
        "HTTPS://X",
        "s3://bucket/a",
        "file:///home/me/a.png",
        "https:/x/y",
    ],
)
def test_a_url_is_named_whole(url):
    with pytest.raises(StriateError, match="download it") as caught:
        expand(url)
    assert str(caught.value).startswith(f"{url}: a URL")


def test_every_function_that_takes_a_path(home, tmp_path, monkeypatch):
    (home / "mine.TOML").write_text(dumps_table(ARCHITECTURES["lenet5:tiny"]), encoding="utf-8")
    assert load_table("~/mine.TOML") == ARCHITECTURES["lenet5:tiny"]
    model = load_model("lenet5")
    monkeypatch.setattr("striate.inference.export._check", lambda *_, **__: None)
    export_model(model, "~/lenet5.pt2")
    assert (home / "lenet5.pt2").exists()
    assert list((tmp_path / "work").iterdir()) == []
    with pytest.raises(ModelError, match=r"home.*none"):
        Predictor.load("~/none")


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (TableError, load_table),
        (DataError, lambda url: Predictor.load("lenet5").predict(url)),
        (ModelError, load_model),
        (ModelError, Predictor.load),
        (DataError, lambda url: train("lenet5", url, "out")),
        (TrainingError, lambda url: train("lenet5", "digits", url)),
        (TrainingError, load_run_config),
    ],
)
@pytest.mark.usefixtures("home")
def test_every_function_that_refuses_a_url(error, call):
    with pytest.raises(error, match=r"https://example\.com/x: a URL; download it"):
        call("https://example.com/x")
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.usefixtures("homeless")
def test_no_home_folder(capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "")  # `_temporary` sets it, and this undoes that
    with pytest.raises(StriateError, match=r"^~/x: there is no home folder; \$HOME can name one$"):
        expand("~/x")
    first = cache_home()
    assert cache_home() == first
    assert first.parent.parent == Path(tempfile.gettempdir())
    assert capsys.readouterr().err.count("there is no home folder, so the cache is") == 1
    first.parent.rmdir()


def test_the_cache_that_is_stated(home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "~/c")
    assert cache_home() == home / "c" / "striate"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_home() == home / ".cache" / "striate"
