"""Documentation: links lead somewhere, and commands exist."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer.main
from shiftfire.backends.fault import Fault
from shiftfire.cli.main import build_app
from shiftfire.cli.options import DEFAULT_CHIP
from shiftfire.compiler.compile import compile_network
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network
from shiftfire.network.neurons.registry import KINDS
from shiftfire_spec.chip import load_chip

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("f*/README.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)")
COMMAND = re.compile(r"(?<!import )shiftfire (\w+)((?: +(?:--?[a-z-]+|[^\s`|;#<]+))*)")


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} links to {target}{anchor}"


def test_commands() -> None:
    """Every command line of the documentation names a command and options that there are."""
    commands = typer.main.get_group(build_app()).commands  # type: ignore[attr-defined]
    for group, inner in [(name, c.commands) for name, c in commands.items() if hasattr(c, "commands")]:
        commands |= {f"{group} {name}": c for name, c in inner.items()}
    options = {name: {o for p in c.params for o in (*p.opts, *p.secondary_opts)} for name, c in commands.items()}
    seen = 0
    for page in PAGES:
        blocks = re.findall(r"`[^`\n]+`|^    .*$", page.read_text(encoding="utf-8"), re.MULTILINE)
        for name, rest in (match for block in blocks for match in COMMAND.findall(block)):
            inner = f"{name} {rest.split()[0]}" if rest.split() else name
            if hasattr(commands.get(name), "commands"):
                assert rest == "" or inner in options, f"{page.name}: shiftfire {inner}"
                name = inner
            assert name in options, f"{page.name}: shiftfire {name}"
            seen += 1
            for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", rest):
                assert option in options[name], f"{page.name}: shiftfire {name} {option}"
    assert seen > 10


def test_source_files() -> None:
    """Every source file that a page names with its folder is there."""
    files = [path.as_posix() for room in ("hw", "sim", "tests", "firmware", "fpga") for path in (ROOT / room).rglob("*.*")]
    seen = 0
    for page in PAGES:
        for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|c|h|cpp|toml))`", page.read_text(encoding="utf-8")):
            if not name.startswith("./"):  # a file of the reader's
                assert any(path.endswith(f"/{name}") for path in files), f"{page.name} names {name}"
                seen += 1
    assert seen > 40


def test_faults() -> None:
    """Every fault of a documented ``verify`` hits a word that the program writes, as its model is mapped on the default chip."""
    seen = 0
    for page in PAGES:
        for model, text in re.findall(r"verify (\S+) .*--fault (\d\S*?)(?=[;\s`])", page.read_text(encoding="utf-8")):
            program = compile_network(load_network(find_model(model)), load_chip(DEFAULT_CHIP))
            Fault.parse(text).apply(program)
            seen += 1
    assert seen


def test_documents() -> None:
    """Every JSON document that a command writes is in the reference by its format's name."""
    written = re.compile(r'head\("(shiftfire-[\w-]+)"|_FORMAT, \w+ = "(shiftfire-[\w-]+)"|"(shiftfire-models)"')
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "sim" / "shiftfire").rglob("*.py")]
    formats = {name for text in sources for match in written.findall(text) for name in match if name}
    assert {"shiftfire-run", "shiftfire-bench-cold", "shiftfire-models"} <= formats
    page = (ROOT / "docs" / "reference" / "documents.md").read_text(encoding="utf-8")
    assert not {name for name in formats if f"`{name}`" not in page}


def test_neurons() -> None:
    """Every kind of neuron is in the Python reference, with every parameter, or with a link to the network format, which has all of them."""
    pages = (ROOT / "docs" / "reference" / name for name in ("python.md", "network-format.md"))
    python, container = (page.read_text(encoding="utf-8") for page in pages)
    rows = [line for line in re.findall(r"^\| `neuron=`.*?\n\n", python, re.MULTILINE | re.DOTALL)[0].splitlines() if '"' in line]
    complete = "\n".join(row for row in rows if "network-format.md" not in row)
    for kind in KINDS:
        name = f'`"{kind.container_name()}"`'
        assert any(name in row for row in rows) and f"| {name} |" in container, name
        if name in complete:
            lacking = [each.name for each in fields(kind) if not re.search(rf"`{each.name}\b", complete)]
            assert not lacking, f"{name}: {lacking}"


WORKED = ROOT / "docs" / "howto" / "add-a-neuron.md"
DIFF = re.compile(r"^```diff\n--- \S+\n\+\+\+ b/(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def added_runs(hunks: str) -> list[str]:
    """Texts of a diff's added lines, those that follow one another as one."""
    runs: list[list[str]] = [[]]
    for line in hunks.splitlines():
        if line.startswith("+"):
            runs[-1].append(line[1:])
        elif runs[-1]:
            runs.append([])
    return ["\n".join(run) for run in runs if run]


def lacking(path: str, hunks: str) -> list[str]:
    """Added lines of a diff that the file does not hold."""
    source = (ROOT / path).read_text(encoding="utf-8")
    return [run for run in added_runs(hunks) if f"\n{run}\n" not in f"\n{source}"]


def test_the_worked_addition_is_in_the_sources() -> None:
    """How to add a neuron: at most eight files, whose hunks are what the sources hold; every other file that is named is there."""
    text = WORKED.read_text(encoding="utf-8")
    blocks = DIFF.findall(text)
    assert 0 < len(blocks) == text.count("```diff") == len({path for path, _ in blocks}) <= 8
    for path, hunks in blocks:
        assert path.startswith(("hw/", "sim/")) and f"| `{path}` |" in text and added_runs(hunks)
        assert not lacking(path, hunks), f"{WORKED.name}: {path} no longer holds what the page shows; write the page anew"
    for path in re.findall(r"`((?:hw|sim|tests)/[\w/.-]+)`", text):
        assert (ROOT / path).is_file(), f"{WORKED.name} names {path}"


def test_a_line_that_is_not_in_the_sources_is_seen() -> None:
    path, hunks = DIFF.findall(WORKED.read_text(encoding="utf-8"))[0]
    changed = hunks.replace("MULTISPIKE = 8", "MULTISPIKE = 9")
    assert changed != hunks and lacking(path, changed)
