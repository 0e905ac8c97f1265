import importlib.util
import re
import sys
from pathlib import Path

import pytest

from aapimport.errors import ExitCode
from support.warm import Warm

ROOT = Path(__file__).parents[1]
TEXTS = [
    *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").glob("*.md")),
]


@pytest.mark.skipif(sys.platform != "linux", reason="screens show the folders of Linux")
def test_generated_pages_are_current(warm: Warm | None) -> None:
    """Help texts, screens, problems and schemas in docs/ are what the program says today."""
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "docs" / "make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    make_docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_docs)
    for path, text in make_docs.pages(warm):
        assert path.read_text(encoding="utf-8") == text, f"run docs/make_docs.py: {path.name}"


def test_readme_lists_every_exit_code() -> None:
    """The README's table and the program's exit codes agree."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = {int(number) for number in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)}
    assert listed == {code.value for code in ExitCode}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every link between the pages has a file at its end."""
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_no_page_is_cited_that_does_not_exist() -> None:
    """Whatever code, tests or pages call a page is one."""
    code = [
        path for name in ("src", "tests", "bench", "docs") for path in (ROOT / name).rglob("*.py")
    ]
    settings = [ROOT / ".ci" / "run", ROOT / "pyproject.toml", *(ROOT / "bench").glob("*.toml")]
    missing = [
        f"{path.relative_to(ROOT)}: {cited}"
        for path in (*code, *settings, *TEXTS)
        for cited in re.findall(r"[\w/.-]*\w\.md\b", path.read_text(encoding="utf-8"))
        if not any((folder / cited).exists() for folder in (ROOT, ROOT / "docs", path.parent))
    ]
    assert missing == []


def test_every_promise_of_security_has_its_test() -> None:
    """Each section of promises names tests, and each of them is there."""
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    promises = page.partition("## Promises")[2].partition("\n## ")[0].split("\n### ")[1:]
    assert len(promises) == 7
    for promise in promises:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", promise)
        assert named, promise.splitlines()[0]
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), name
    assert page.count("::") == len(re.findall(r"`tests/[\w/]+\.py::test_\w+`", page))


def test_every_page_can_be_reached() -> None:
    """Every page in docs/ is linked from the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages - set(re.findall(r"docs/([\w-]+\.md)", readme)) == set()


@pytest.mark.parametrize(
    ("file", "least"), [("requirements-test.txt", 40), ("requirements-browser.txt", 3)]
)
def test_long_files_of_pins_name_no_host(file: str, least: int) -> None:
    """Pinned requirements carry hashes, and no download address."""
    text = (ROOT / file).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)
    assert len(pins) >= least
    assert "://" not in text
    assert len(re.findall("--hash=sha256:", text)) >= len(pins)


def test_ci_runs_the_readmes_test_command() -> None:
    """The README names one line that runs the tests, and `.ci/run` reads it from there."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"<!-- tests -->\n```\n(.*)\n```", readme)
    assert command.endswith("-m pytest -q -n 4 --dist worksteal")
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
