"""The notebooks run from top to bottom, warn of nothing, and show what they say; none keeps an output in the repository."""

import ast
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="no nbformat: pip install 'striate[test]'")
nbclient = pytest.importorskip("nbclient", reason="no nbclient: pip install 'striate[test]'")
pytest.importorskip("ipykernel", reason="no ipykernel: pip install 'striate[test]'")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STRICT = "import warnings\nwarnings.simplefilter('error')"
LENIENT = "warnings.simplefilter('default')"  # of a kernel that ends: ipykernel warns of itself
SECONDS = 600  # for a cell, on a machine that does other things too


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """A function that runs a notebook in a kernel and a folder of its own, every warning an error: its outputs."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    (tmp_path / "work").mkdir()

    def run(name):
        book = read(ROOT / "notebooks" / name)
        book.cells = [nbformat.v4.new_code_cell(STRICT), *book.cells, nbformat.v4.new_code_cell(LENIENT)]
        nbclient.NotebookClient(book, timeout=SECONDS, resources={"metadata": {"path": tmp_path / "work"}}).execute()
        outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
        assert not [output.text for output in outputs if output.get("name") == "stderr"]
        return outputs

    return run


def shown(outputs, kind):
    """All outputs of a kind ("text/html", ...)."""
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def plain(outputs):
    """The outputs that are texts and nothing richer."""
    return [output.data["text/plain"] for output in outputs if set(output.get("data", {})) == {"text/plain"}]


def test_there_are_four():
    assert len(NOTEBOOKS) == 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_installs_what_it_needs_and_keeps_no_output(path):
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert '%pip install -q "striate[notebooks]"' in code[0].source
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert path.stat().st_size < 10_000


def test_first_steps(executed):
    outputs = executed("1-first-steps.ipynb")
    notes, report, digit, cat = shown(outputs, "text/html")
    assert "VALID" in notes and "48,120" in report
    assert "data:image/png" in digit and "data:image/png" in cat
    assert "<td>4</td>" in digit and "<td>cat</td>" in cat
    assert shown(outputs, "image/svg+xml")
    texts = shown(outputs, "text/plain")
    assert "(60000, 340908)" in texts
    answers = ast.literal_eval(plain(outputs)[-1])
    assert len(answers) == 10 and sum(label == answer for label, answer in answers) >= 8


def test_your_own_pictures(executed):
    outputs = executed("2-your-own-pictures.ipynb")
    run, prediction = shown(outputs, "text/html")
    assert "<th>Top-1</th>" in run and "data:image/png" in run
    assert "data:image/png" in prediction
    assert shown(outputs, "image/png")
    counts, *_, evaluation, _files = map(ast.literal_eval, plain(outputs))
    images, trained_on, top1 = evaluation
    assert counts.keys() == {"three", "five", "eight"} and sum(counts.values()) == images
    assert 0.7 * images < trained_on < 0.9 * images and top1 > 0.8


def test_looking_inside(executed):
    outputs = executed("3-looking-inside.ipynb")
    assert len(shown(outputs, "application/vnd.jupyter.widget-view+json")) == 1
    views = [html for html in shown(outputs, "text/html") if html.startswith("<h4>")]
    assert len(views) == 5
    assert all("data:image/png" in view for view in views)


def test_arithmetic(executed):
    texts = shown(executed("4-arithmetic.ipynb"), "text/plain")
    for number in ("(28, 55)", "((1, 1), (2, 2))", "[9, 5, 3, 1]", "156", "4821600", "(102464, 73856, '27.9% fewer')"):
        assert number in texts
    assert "[('C1', 5), ('S2', 6), ('C3', 14), ('S4', 16)]" in texts
