"""Files that are not what they claim: one line, the exit code of a user's error, within 2 s; the child bounds its own memory."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np
import pytest
from shiftfire.errors import UserError
from shiftfire.frontends.float_graph.errors import FloatGraphError
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.nir.errors import NirError
from shiftfire.frontends.nir.read import read_graph
from support.broken_files import BROKEN
from support.nir_graphs import affine, chain, end, lif, mlp, write


@pytest.mark.parametrize("what", BROKEN)
def test_one_line_soon(what: str, tmp_path: Path) -> None:
    make, told = BROKEN[what]
    path = tmp_path / "net.nir"
    make(path)
    start = time.process_time(), _children()
    with pytest.raises(NirError) as caught:
        read_graph(path)
    spent = (time.process_time() - start[0]) + (_children() - start[1])
    assert told in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700
    assert spent < 2  # processor time: other tests may run beside this one


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_error_is_a_users_error() -> None:
    assert issubclass(NirError, UserError)  # the command line turns it into one line and exit code 2


def test_tau_in_the_wrong_unit_is_refused_with_the_remedy(tmp_path: Path) -> None:
    read = read_graph(
        write(tmp_path / "norse.nir", chain(input=end("Input", 3), n=lif(3, tau=np.full(3, 1e-5)), o=end("Output", 3)))
    )
    with pytest.raises(FloatGraphError, match=r"'n' \(LIF\): tau 1e-05 is 0.1 steps .*--profile norse"):
        interpret(read, named_profile("snntorch"), np.zeros((1, 1, 3)))
    steps = read_graph(
        write(tmp_path / "sinabs.nir", chain(input=end("Input", 3), n=lif(3, tau=np.full(3, 20.0)), o=end("Output", 3)))
    )
    with pytest.raises(FloatGraphError, match=r"more than 100000 steps; .*--profile sinabs-native"):
        interpret(steps, named_profile("snntorch"), np.zeros((1, 1, 3)))


def test_a_sound_file_is_read_whatever_its_storage(tmp_path: Path) -> None:
    for index, options in enumerate(({}, {"compression": "gzip"}, {"compression": "lzf", "shuffle": True}, {"fletcher32": True})):
        made = read_graph(write(tmp_path / f"{index}.nir", mlp(), **options))
        assert list(made.nodes) == ["input", "fc", "lif", "output"] and made.inputs == {"input": (4,)}


def test_a_file_that_nirs_check_refuses_is_read_with_a_note(tmp_path: Path) -> None:
    made = read_graph(
        write(tmp_path / "net.nir", chain(input=end("Input", 1, 4), fc=affine(3, 4), n=lif(()), output=end("Output", 1, 3)))
    )
    assert "nir's own check refuses the file" in made.notes[0] and made.inputs == {"input": (4,)}
