"""Import directions: spec <- network <- golden, compiler <- cycle <- system <- optimise <- report, host <- backends <- verification <- api <- cli; spec <- hw."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {"shiftfire_spec": ROOT / "hw", "shiftfire_hw": ROOT / "hw", "shiftfire": ROOT / "sim"}

# What each package may import of the project besides itself. `backends`, `verification` and `cost` are the ones that know both sides.
_NETWORK = {"shiftfire_spec", "shiftfire.errors", "shiftfire.network"}
_SYSTEM = _NETWORK | {"shiftfire.golden", "shiftfire.compiler", "shiftfire.cycle"}
_REPORT = _SYSTEM | {"shiftfire.system", "shiftfire.energy"}
ALLOWED = {
    "shiftfire_spec": set(),
    "shiftfire_hw": {"shiftfire_spec"},
    "shiftfire.errors": {"shiftfire_spec"},
    "shiftfire.network": {"shiftfire_spec", "shiftfire.errors"},
    "shiftfire.encode": _NETWORK,
    "shiftfire.inputs": _NETWORK,
    "shiftfire.golden": _NETWORK,
    "shiftfire.compiler": _NETWORK | {"shiftfire.golden"},
    "shiftfire.predict": _NETWORK | {"shiftfire.golden", "shiftfire.compiler"},
    "shiftfire.cycle": _NETWORK | {"shiftfire.golden", "shiftfire.compiler"},
    "shiftfire.system": _SYSTEM,
    "shiftfire.energy": _SYSTEM | {"shiftfire.system"},
    "shiftfire.optimise": _SYSTEM | {"shiftfire.system", "shiftfire.energy", "shiftfire.predict"},
    "shiftfire.report": _REPORT | {"shiftfire.predict", "shiftfire.optimise"},
    # measured entries of pages
    "shiftfire.records": _NETWORK | {"shiftfire.report", "shiftfire.energy"},
    "shiftfire.cost": _NETWORK | {"shiftfire.golden", "shiftfire.energy", "shiftfire.records", "shiftfire_hw"},
    "shiftfire.backends": _REPORT | {"shiftfire_hw", "shiftfire.report", "shiftfire.host"},
    "shiftfire.verification": _REPORT | {"shiftfire_hw", "shiftfire.report", "shiftfire.host", "shiftfire.backends"},
    "shiftfire.quantise": _NETWORK | {"shiftfire.golden", "shiftfire.compiler", "shiftfire.frontends"},
    # a loop of runs that it is handed, and what it reports
    "shiftfire.closed_loop": _REPORT | {"shiftfire.report"},
    "shiftfire.api": _REPORT
    | {
        "shiftfire.closed_loop",
        "shiftfire.report",
        "shiftfire.host",
        "shiftfire.backends",
        "shiftfire.frontends",
        "shiftfire.quantise",
        "shiftfire.inputs",
        "shiftfire.encode",
        "shiftfire.predict",
        "shiftfire.optimise",
    },
    # another simulator, which is told what the compiler made
    "shiftfire.sana_fe": _NETWORK | {"shiftfire.golden", "shiftfire.compiler"},
    # claims are put to the test through the API, and its figures taken apart
    "shiftfire.claims": _NETWORK
    | {"shiftfire.energy", "shiftfire.report", "shiftfire.api", "shiftfire.frontends", "shiftfire.sana_fe", "shiftfire.records"},
    # shipped models, measured through the API
    "shiftfire.zoo": _NETWORK | {"shiftfire.energy", "shiftfire.report", "shiftfire.api", "shiftfire.records"},
    "shiftfire.training": _NETWORK | {"shiftfire.golden", "shiftfire.compiler", "shiftfire.closed_loop"},
    "shiftfire.host": _SYSTEM | {"shiftfire.system"},
    "shiftfire.frontends": _NETWORK | {"shiftfire.golden"},
    "shiftfire.__init__": set(),
    # the command line is a client of the API: what executes, compiles or compares is reached through it
    "shiftfire.cli": {
        "shiftfire_spec",
        "shiftfire.api",
        "shiftfire.closed_loop",
        "shiftfire.report",
        "shiftfire.frontends",
        "shiftfire.network",
        "shiftfire.cost",
    },
}
LAZY = {
    "shiftfire.__init__": {"shiftfire.api"},
    "shiftfire.api": {"shiftfire_hw", "shiftfire.verification"},
    "shiftfire.energy": {"shiftfire_hw"},
    "shiftfire.cli": {"shiftfire_hw"},
}

# Rooms of two packages, lowest first: a room imports itself and what stands for it here.
_HW_BASE = {"interface", "layouts", "modules", "instance", "membrane_trace", "settled_memory", "ice40"}
ROOMS = {
    "shiftfire_hw": {
        "modules": set(),
        "layouts": set(),
        "interface": set(),
        "instance": set(),
        "membrane_trace": set(),
        "settled_memory": set(),
        "ice40": set(),
        "noc": _HW_BASE,
        "core": _HW_BASE | {"noc"},
        "io_tile": _HW_BASE | {"noc"},
        "tile": _HW_BASE | {"noc", "core"},
        "mesh": _HW_BASE | {"noc", "tile"},
        "chip": _HW_BASE | {"io_tile", "mesh"},
        "soc": _HW_BASE | {"noc", "io_tile", "chip"},
        "standalone": _HW_BASE | {"noc", "core"},
        "baselines": _HW_BASE | {"core", "standalone"},
        "verilog": _HW_BASE | {"tile", "chip", "soc", "standalone"},
        "signals": _HW_BASE | {"tile", "verilog"},
        "fusesoc": _HW_BASE | {"verilog", "signals"},
        "boards": _HW_BASE | {"io_tile", "soc", "verilog"},
        "synthesis": _HW_BASE | {"noc", "core", "standalone", "baselines", "tile", "verilog"},
        "testing": _HW_BASE | {"soc", "verilog", "synthesis"},
    },
    "shiftfire.compiler": {
        "program": set(),
        "lowering": {"program"},
        "optimised": {"program"},
        "loading": {"program"},
        "mapping": {"program", "lowering"},
        "fan_in": {"program", "lowering", "mapping"},
        "prepare": {"program", "mapping", "fan_in"},
        "compile": {"program", "lowering", "mapping", "prepare", "optimised"},
        "recentre": {"program", "lowering", "mapping"},
        "schedule": {"program", "lowering", "mapping", "prepare", "compile", "optimised", "loading"},
        "arrange": {"program", "compile", "schedule"},
    },
}


def room_of(module: str, package: str) -> str:
    """Room of a module of ``package``: the name below it, or nothing for the package itself."""
    return module.removeprefix(package).removeprefix(".").split(".")[0]


def room_violations(module: str, source: str, is_package: bool = False) -> list[str]:
    """Imports within a package that ``module`` may not make, lazy ones included."""
    package = package_of(module)
    if package not in ROOMS:
        return []
    room = room_of(module.removesuffix(".__init__"), package)
    names = (name for name, _ in imports(module.removesuffix(".__init__"), ast.parse(source), is_package))
    inside = [name for name in names if name.startswith(f"{package}.")]
    return [f"{module} imports {n}" for n in inside if room_of(n, package) not in ROOMS[package].get(room, set()) | {room}]


def circles(edges: dict[str, set[str]]) -> list[str]:
    """Modules that import themselves by way of others: none are left when those without imports among the rest are taken away, again and again."""
    rest = {module: set(targets) for module, targets in edges.items()}
    while done := {module for module, targets in rest.items() if not targets & set(rest)}:
        rest = {module: targets for module, targets in rest.items() if module not in done}
    return sorted(rest)


def module_imports() -> dict[str, set[str]]:
    """Which modules every module imports, lazily or for the type checker as well."""
    known = {module.removesuffix(".__init__"): path for module, path in files()}
    edges: dict[str, set[str]] = {module: set() for module in known}
    for module, path in known.items():
        for name, _ in imports(module, ast.parse(path.read_text(encoding="utf-8")), path.name == "__init__.py"):
            target = name if name in known else name.rsplit(".", 1)[0]
            edges[module] |= {target} & set(known) - {module}
    return edges


def package_of(module: str) -> str:
    """shiftfire.network.graph -> shiftfire.network; shiftfire_hw.core.x -> shiftfire_hw."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "shiftfire" and len(parts) > 1 else parts[0]


def files() -> Iterator[tuple[str, Path]]:
    for package, root in SOURCES.items():
        for path in sorted((root / package).rglob("*.py")):
            yield ".".join(path.relative_to(root).with_suffix("").parts), path


def is_lazy(node: ast.AST) -> bool:
    """A function, or what only the type checker sees."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def imports(module: str, tree: ast.Module, is_package: bool) -> Iterator[tuple[str, bool]]:
    """Imported modules of the project, and whether importing ``module`` alone does without them."""
    inside = {id(n) for block in ast.walk(tree) if is_lazy(block) for n in ast.walk(block)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                anchor = module.split(".")[: None if is_package and node.level == 1 else -(node.level - is_package)]
                base = ".".join([*anchor, *([base] if base else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        for name in names:
            if name.split(".")[0] in SOURCES:
                yield name, id(node) in inside


def violations(module: str, source: str, is_package: bool = False) -> list[str]:
    """Imports that ``module`` may not make."""
    owner = package_of(module)
    found = []
    for name, lazy in imports(module.removesuffix(".__init__"), ast.parse(source), is_package):
        target = package_of(name)
        allowed = ALLOWED.get(owner, set()) | {owner} | (LAZY.get(owner, set()) if lazy else set())
        if target not in allowed:
            found.append(f"{module} imports {name}")
    return found


def test_every_package_has_a_rule() -> None:
    packages = {package_of(module) for module, path in files() if path.name != "__init__.py"}
    assert packages <= set(ALLOWED), f"add a rule for {packages - set(ALLOWED)}"


def test_directions() -> None:
    found = [v for m, path in files() for v in violations(m, path.read_text(encoding="utf-8"), path.name == "__init__.py")]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("shiftfire_hw.core.fire", "from shiftfire.golden import execute"),
        ("shiftfire_spec.chip", "import shiftfire_hw.tile"),
        ("shiftfire.cycle.router", "from shiftfire_hw.noc.router import Router"),
        ("shiftfire.network.graph", "from ..compiler.program import Program"),
        ("shiftfire.cli.verilog", "from shiftfire_hw.verilog.generate import generate"),
        ("shiftfire.cli.run", "from ..compiler.compile import compile_network"),
        ("shiftfire.cli.bench", "def f():\n    from ..system.simulate import simulate_rounds"),
        ("shiftfire.cli.verify", "def f():\n    from ..verification.verify import verify"),
        ("shiftfire.golden.lif", "def f():\n    from ..cli import main"),
    ],
)
def test_the_check_finds_wrong_imports(module: str, source: str) -> None:
    assert violations(module, source)


def test_lazy_imports_of_the_command_line_are_allowed() -> None:
    assert not violations("shiftfire.cli.verilog", "def f():\n    from shiftfire_hw.verilog.generate import generate")


def test_the_contract_needs_the_standard_library_only() -> None:
    import sys

    for path in sorted((SOURCES["shiftfire_spec"] / "shiftfire_spec").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert all(n.split(".")[0] in sys.stdlib_module_names for n in names), f"{path.name} imports {names}"


def defined(tree: ast.Module) -> set[str]:
    """Names that a module defines at its top level, or lists in ``__all__`` for others to take from it."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
            if "__all__" in names and node.value is not None and ast.unparse(targets[0]) == "__all__":
                names |= set(ast.literal_eval(node.value))
    return names


def test_names_of_the_network_are_imported_from_their_home() -> None:
    """`shiftfire.network` has no module that passes on what another one defines: so each name has one home, in tests as well."""
    homes = {
        module: defined(ast.parse(path.read_text(encoding="utf-8"))) for module, path in files() if "shiftfire.network." in module
    }
    users = [*files(), *((path.stem, path) for path in sorted((ROOT / "tests").rglob("*.py")))]
    found = []
    for module, path in users:
        for name, _ in imports(module, ast.parse(path.read_text(encoding="utf-8")), path.name == "__init__.py"):
            home, _, what = name.rpartition(".")
            if home in homes and what not in homes[home] and f"{home}.{what}" not in homes:
                found.append(
                    f"{path.relative_to(ROOT)} takes {what} from {home}; {[m for m, names in homes.items() if what in names]} defines it"
                )
    assert not found, "\n".join(found)


def test_every_room_has_a_rule() -> None:
    for package, rooms in ROOMS.items():
        found = {room_of(m.removesuffix(".__init__"), package) for m, _ in files() if package_of(m) == package} - {""}
        assert found == set(rooms), f"rooms of {package}: {found ^ set(rooms)}"


def test_rooms() -> None:
    found = [v for m, path in files() for v in room_violations(m, path.read_text(encoding="utf-8"), path.name == "__init__.py")]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("shiftfire_hw.core.fire", "from ..tile import Tile"),
        ("shiftfire_hw.noc.router", "def f():\n    from ..core.core import Core"),
        ("shiftfire_hw.chip", "from .soc.fabric import Fabric"),
        ("shiftfire_hw.soc.fabric", "from ..verilog.generate import generate"),
        ("shiftfire_hw.verilog.emit", "from ..testing import runner"),
        ("shiftfire_hw.unheard_of", "from .core.core import Core"),
        ("shiftfire.compiler.lowering.image", "from ..mapping.routing import multicast_routes"),
        ("shiftfire.compiler.mapping.cuts", "from ..compile import compile_checked"),
        ("shiftfire.compiler.program", "from .lowering.words import Words"),
    ],
)
def test_the_check_finds_wrong_rooms(module: str, source: str) -> None:
    assert room_violations(module, source)


def test_no_circle() -> None:
    assert not circles(module_imports())


def test_the_check_finds_circles() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]
    assert not circles({"a": {"b", "c"}, "b": {"c"}, "c": set()})
