"""What a notebook shows, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import shiftfire as sf
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.report.html import html_figures, html_table
from support.api_networks import toy, toy_inputs


class Balanced(HTMLParser):
    """Tags that are open, and those that were seen."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_names_are_escaped() -> None:
    name = "<script>alert('x')</script> & co"
    for text in (html_table(name, [{name: name, "n": 3}]), html_figures(name, {name: name})):
        found = Balanced(text)
        assert not found.open and "script" not in found.seen and "&lt;script&gt;" in text


def test_result_and_mapping() -> None:
    result = sf.run(toy(), toy_inputs(), labels=np.array([0, 1, 2]))
    for shown, parts in (
        (result._repr_html_(), ("toy on edge", "accuracy", "conv", f"{result.cycles:,}")),
        (sf.compile(toy(), "edge")._repr_html_(), ("mapping on edge", "weight rows", "conv")),
    ):
        assert not Balanced(shown).open and all(part in shown for part in parts)


def test_networks_show_their_layers() -> None:
    net = toy()
    assert isinstance(net, NetworkBuilder)
    assert repr(net) == "<Network toy: input pixels (1, 6, 6) x 4, 3 layers>"
    assert repr(net.build()) == "<Network toy: input pixels (1, 6, 6) x 4, 3 layers>"
    for text in (str(net), str(net.build()), net._repr_html_(), net.build()._repr_html_()):
        for part in ("toy", "conv", "pool", "out", "LIF", "COUNT", "(5, 6, 6)"):
            assert part in text, part
    assert not Balanced(net._repr_html_()).open


def test_import_is_fast() -> None:
    """The interface is imported when it is first used."""
    code = "import sys, shiftfire; print(sorted(m for m in ('numpy', 'numba', 'amaranth', 'pandas', 'matplotlib', 'rich') if m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    code = "import sys, shiftfire as sf; sf.Network; print(sorted(m for m in ('numba', 'amaranth', 'pandas', 'matplotlib') if m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
