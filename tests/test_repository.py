"""The files around the package: citation, changelog, workflows, issue forms, the Dockerfile; they state what is true."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

import striate
from striate.cli import parser

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def versions_of_the_changelog():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", text, re.MULTILINE)


def test_the_changelog_begins_with_this_version_and_has_the_usual_sections():
    versions = versions_of_the_changelog()
    assert versions[0][0] == striate.__version__
    assert versions == sorted(versions, reverse=True)
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert headings <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_citation_is_of_this_version():
    citation = load(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()  # what its format requires
    assert (citation["version"], citation["date-released"]) == versions_of_the_changelog()[0]
    assert all(reference["authors"] and reference["title"] for reference in citation["references"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_valid_and_may_do_no_more_than_it_needs(path):
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert True in workflow  # `on`, which is a truth value in YAML 1.1
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] > 0
        assert {job[key] for key in ("needs",) if key in job} <= workflow["jobs"].keys()
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v1)", step["uses"])


def test_the_release_is_published_by_trust_and_not_by_a_token():
    path = ROOT / ".github" / "workflows" / "release.yml"
    jobs = load(path)["jobs"]
    assert "secrets." not in path.read_text(encoding="utf-8")
    assert {name for name, job in jobs.items() if "id-token" in job.get("permissions", {})} == {"publish"}
    assert jobs["publish"]["needs"] == "build"
    assert all("checkout" not in step.get("uses", "") for step in jobs["publish"]["steps"])


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_an_issue_form_has_what_a_form_needs(path):
    form = load(path)
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields) > 0
    assert all(field["attributes"]["label"] for field in fields)


def dockerfile():
    """The instructions of the last stage: pairs of a keyword and its argument."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    last = max(number for number, (keyword, _) in enumerate(lines) if keyword == "FROM")
    return lines, lines[last:]


def test_the_image_runs_a_valid_command_as_a_user_who_is_not_root_and_is_asked_for_its_health():
    lines, last = dockerfile()
    instructions = dict(last)
    assert instructions["USER"] not in ("root", "0")
    program, *arguments = yaml.safe_load(instructions["ENTRYPOINT"])
    options = parser().parse_args(arguments)
    assert (program, options.command, str(options.port)) == ("striate", "serve", instructions["EXPOSE"])
    assert f":{options.port}/healthz" in instructions["HEALTHCHECK"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for keyword, argument in lines:
        if keyword == "COPY" and "--from" not in argument:
            *sources, _ = shlex.split(argument)
            assert {f"!{source}" for source in sources} <= set(ignored)
            assert all((ROOT / source).exists() for source in sources)
