"""The READMEs and the guides: their commands are the command line's, their links lead somewhere, their figures are computed."""

import contextlib
import doctest
import io
import re
import shlex

import pytest
from guides import BLOCK, DOCS, GUIDES, PAGES, README, README_KO, WITH_COMMANDS, commands, read

import striate
from striate.cli import parser
from striate.models import find_shipped, shipped_models
from striate.tables import ARCHITECTURES


def linked(text):
    """The targets of a page's links and pictures within this repository."""
    prose = re.sub(r"`[^`]*`", "", BLOCK.sub("", text))
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", prose) if not re.match(r"https?:|mailto:", target)]


def anchors(text):
    """The names by which a page's headings are linked to, and its own anchors."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", text), re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    slugs = {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_command_is_valid(path):
    for arguments in commands(read(path)):
        refusal = io.StringIO()
        try:
            with contextlib.redirect_stderr(refusal):
                parser().parse_args(arguments)
        except SystemExit:
            pytest.fail(f"striate {shlex.join(arguments)}: {refusal.getvalue()}")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_flag_in_the_text_is_one_of_its_command(path):
    """Of the commands that stand in a sentence, whole or not."""
    (named,) = [action.choices for action in parser()._actions if action.dest == "command"]
    for command, rest in re.findall(r"`striate ([a-z]+)([^`]*)`", BLOCK.sub("", read(path))):
        assert command in named, f"striate {command}{rest}"
        flags = set(re.findall(r"(?<=\s)--[\w-]+", rest))
        assert flags <= {flag for action in named[command]._actions for flag in action.option_strings}, (
            f"striate {command}{rest}"
        )


def test_the_readme_and_the_list_of_commands_have_commands():
    """That the pages of the first minutes hold what the test above reads."""
    assert [words[0] for words in commands(read(README))][:3] == ["demo", "serve", "predict"]
    (named,) = [action.choices for action in parser()._actions if action.dest == "command"]
    assert {words[0] for words in commands(read(DOCS / "commands.md"))} == named.keys()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_link_leads_somewhere(path):
    for target in linked(read(path)):
        file, _, anchor = target.partition("#")
        there = path if not file else (path.parent / file).resolve()
        assert there.exists(), f"{path}: {target}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(read(there)), f"{path}: {target}"


def test_every_guide_is_in_the_list_of_guides():
    listed = set(linked(read(DOCS / "README.md")))
    assert {path.relative_to(DOCS).as_posix() for path in GUIDES} - {"README.md"} <= listed


@pytest.mark.parametrize("path", sorted((DOCS / "tutorials").glob("*.ko.md")), ids=lambda path: path.name)
def test_a_tutorial_has_the_same_commands_in_both_languages(path):
    korean = [" ".join(words).replace("--language ko ", "") for words in commands(read(path))]
    assert korean == [" ".join(words) for words in commands(read(path.with_name(path.name.replace(".ko", ""))))]


def test_both_readmes_say_the_same():
    """The same commands, code, pictures, links and figures; a Korean page takes the place of an English one."""
    english, korean = read(README), read(README_KO)
    assert [words for words in commands(english) if "--class" not in words] == [*commands(korean)]
    code = [
        re.sub(r"  # .*", "", block)
        for text in (english, korean)
        for language, block in BLOCK.findall(text)
        if language
    ]
    assert code[0] == code[1]
    same = {target.replace(".ko.md", ".md").replace("film-ko", "film-en") for target in linked(korean)}
    assert same == {target.replace(".ko.md", ".md") for target in linked(english)}
    tables = [[line for line in text.splitlines() if line.startswith("|")] for text in (english, korean)]
    for first, second in zip(*tables, strict=True):
        assert re.findall(r"\d[\d.,]*\d|`[^`]+`", first) == re.findall(r"\d[\d.,]*\d|`[^`]+`", second)
    headings = [re.findall(r"^(#+) ", BLOCK.sub("", text), re.MULTILINE) for text in (english, korean)]
    assert headings[0] == headings[1]


def rows(text):
    """The cells of the rows of a page's tables that begin with a name in code."""
    for line in text.splitlines():
        if line.startswith(("| `", "| [`")):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_parameters_of_the_networks_are_counted():
    counted = 0
    for names, _, parameters in rows(read(DOCS / "networks.md")):
        if re.fullmatch(r"`[^`]+`", names.strip("| ")):
            name = names.strip("`| ")
            assert f"{striate.summarize(name).total.parameters:,}" == parameters.strip(" |"), name
            counted += 1
    assert counted >= 15
    readme = read(README)
    for name in ("lenet5", "alexnet", "googlenet", "minivggnet"):
        assert f"{striate.summarize(name).total.parameters:,} |" in readme, name
    assert f"| {len(ARCHITECTURES)}, and your own tables |" in readme
    for family in ("lenet5", "alexnet", "googlenet"):
        variants = [name for name in ARCHITECTURES if name.startswith(f"{family}:") and not name.endswith(":tiny")]
        assert f"`{family}`, {len(variants)} variants" in readme


def test_the_models_that_ship_are_all_there_with_their_sizes():
    shown = {cells[0].split("`")[1]: cells for cells in rows(read(README)) if "models/" in cells[0]}
    assert shown.keys() == shipped_models().keys()
    for name, (_, _, parameters, size, _) in shown.items():
        assert parameters == f"{striate.summarize(name).total.parameters:,}"
        assert size == f"{find_shipped(name).stat().st_size / 1e6:.2f} MB"


def test_the_code_of_the_first_pages_runs():
    (code,) = [block for language, block in BLOCK.findall(read(README)) if language == "python"]
    names = {}
    exec(code[: code.index("run = ")], names)
    assert names["report"].total.parameters == 60_000
    assert tuple(names["network"].plan.table.input) == (3, 32, 32)
    (code,) = [block for language, block in BLOCK.findall(read(DOCS / "networks.md")) if language == "python"]
    exec(code, names)
    assert names["table"].plan().step("C3").output == (16, 10, 10)
    assert names["network"].C3.dense_weight().shape == (16, 6, 5, 5)
    assert doctest.testfile(str(DOCS / "commands.md"), module_relative=False, encoding="utf-8").failed == 0


def test_the_table_that_is_shown_is_one(tmp_path):
    (text,) = [block for language, block in BLOCK.findall(read(DOCS / "networks.md")) if language == "toml"]
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert striate.load_table(str(tmp_path / "mine.toml")).plan().step("Out").output == (10,)
