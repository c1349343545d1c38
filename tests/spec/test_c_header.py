"""The C header: gcc accepts it, and the compiled numbers are Python's."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from shiftfire_spec import address, counters, packet, stream
from shiftfire_spec import core_program as program
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.render.c_header import render_c_header

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")


@pytest.fixture(scope="module")
def macros(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Every macro of the header with the value that a compiled C program prints."""
    folder: Path = tmp_path_factory.mktemp("header")
    header = render_c_header()
    (folder / "shiftfire_contract.h").write_text(header)
    names = re.findall(r"^#define (SF_\w+) (?:-?\d|0x)", header, re.MULTILINE)
    assert len(set(names)) == len(names), "a macro is defined twice"
    lines = [f'printf("{n} %lld\\n", (long long){n});' for n in names]
    (folder / "print.c").write_text(
        '#include <stdio.h>\n#include "shiftfire_contract.h"\nint main(void) {\n' + "\n".join(lines) + "\nreturn 0;\n}\n"
    )
    command = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", "print", "print.c"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    printed = subprocess.run([folder / "print"], check=True, capture_output=True, text=True).stdout
    return {name: int(value) for name, value in (line.split() for line in printed.splitlines())}


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
def test_the_header_is_cpp_as_well(tmp_path: Path) -> None:
    (tmp_path / "shiftfire_contract.h").write_text(render_c_header())
    (tmp_path / "x.cpp").write_text('#include "shiftfire_contract.h"\nint main() { return SF_KIND_SPIKE; }\n')
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-c", "x.cpp"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)


def test_layouts(macros: dict[str, int]) -> None:
    layouts = (packet.FLIT, program.INSTRUCTION, stream.AXIS_ENTRY, *address.CORE_REGISTERS, *stream.GROUP_REGISTERS)
    for layout in layouts:
        for field in layout:
            ones = layout.pack(**{field.name: -1 if field.signed else field.maximum})
            assert macros[f"SF_{layout.name.upper()}_{field.name.upper()}_MASK"] == ones
            lowest = layout.pack(**{field.name: 1 if field.maximum >= 1 else -1})
            assert 1 << macros[f"SF_{layout.name.upper()}_{field.name.upper()}_SHIFT"] == lowest


def test_numbers(macros: dict[str, int]) -> None:
    assert macros["SF_FINGERPRINT"] == contract_fingerprint()
    assert all(macros[f"SF_COUNTER_{c.name}"] == c for c in counters.Counter)
    assert all(macros[f"SF_OPCODE_{o.name}"] == o for o in program.Opcode)
    assert all(macros[f"SF_IO_{r.name}"] == r.index for r in address.IO_REGISTERS)
    for group in range(stream.MAX_GROUPS):
        for layout in stream.GROUP_REGISTERS:
            at = (
                macros["SF_GROUP_REGISTER_BASE"]
                + group * macros["SF_GROUP_REGISTER_STRIDE"]
                + macros[f"SF_REG_{layout.name.upper()}"]
            )
            assert at == address.group_register_offset(group, layout)
    for layout in address.CORE_REGISTERS:
        assert macros[f"SF_REG_{layout.name.upper()}"] == address.core_register_offset(layout)
