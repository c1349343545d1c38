"""Every port of the RTL has a type, which is that of what the signature makes, and a place in its component's docstring."""

import inspect
import re
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from amaranth.hdl import Signal, signed
from amaranth.lib import data
from amaranth.lib.wiring import Component, FlippedInterface, In, Out, PureInterface, flipped
from components import build, component_classes
from shiftfire_hw.interface import TypedSignature

DOCUMENTED = ("core", "noc", "io_tile", "soc", "standalone", "mesh", "tile", "chip")
OTHERS = "<name>"  # stands for members that a parameter names


def annotations_of(cls: type) -> dict[str, Any]:
    """Annotations of a class and its bases, of the project."""
    bases = [base for base in reversed(cls.__mro__) if base.__module__.split(".")[0] not in ("amaranth", "builtins", "typing")]
    hints = get_type_hints(cls)
    return {name: hints[name] for base in bases for name in inspect.get_annotations(base)}


def matches(value: Any, annotation: Any) -> bool:
    """Whether a member is of the annotated type."""
    if get_origin(annotation) is list:
        return isinstance(value, list) and all(matches(element, get_args(annotation)[0]) for element in value)
    inner = flipped(value) if isinstance(value, FlippedInterface) else value
    return annotation is not Any and annotation is not PureInterface and isinstance(inner, annotation)


def wrong_types(component: Component) -> list[str]:
    """Members whose annotation is missing or wrong, and annotations of no member."""
    annotations, members = annotations_of(type(component)), set(component.signature.members)
    if OTHERS in documented(type(component)):
        members &= set(annotations)
    wrong = [name for name in sorted(members) if not matches(getattr(component, name), annotations.get(name, Any))]
    return [*wrong, *sorted(set(annotations) - members)]


def documented(cls: type) -> set[str]:
    """Names in the Members section of a docstring: lines ``a, b: In(...)``, or several of those with commas between."""
    section = re.search(r"^Members\b[^\n]*\n-+\n(.*)", inspect.getdoc(cls) or "", re.DOTALL | re.MULTILINE)
    lines = [line for line in section[1].splitlines() if line and not line.startswith(" ")] if section else []
    groups = [group for line in lines for group in re.findall(r"(?:^|, )((?:[\w<>]+, )*[\w<>]+)(?=: (?:In|Out)\b|: In$)", line)]
    return {name for group in groups for name in group.split(", ")}


@pytest.mark.parametrize("cls", component_classes(), ids=lambda cls: cls.__qualname__)
def test_ports_are_typed(cls: type[Component]) -> None:
    assert not wrong_types(build(cls))


@pytest.mark.parametrize("cls", component_classes(*DOCUMENTED), ids=lambda cls: cls.__qualname__)
def test_ports_are_documented(cls: type[Component]) -> None:
    names, members = documented(cls), set(build(cls).signature.members)
    if OTHERS in names:
        names, members = names - {OTHERS}, members & set(annotations_of(cls))
    assert names == members


class Untyped(Component):
    """A component with every mistake.

    Members
    -------
    a: In(4)
    b: In(4), view: Out
        Text. c: In(1)
    """

    a: Any
    b: data.View
    view: data.View
    lane: list[data.View]
    d: Signal

    def __init__(self) -> None:
        array = data.ArrayLayout(signed(4), 2)
        super().__init__({"a": In(4), "b": In(4), "c": In(1), "view": Out(array), "lane": Out(1).array(2)})


def test_the_check_finds_mistakes() -> None:
    assert wrong_types(Untyped()) == ["a", "b", "c", "lane", "d"]
    assert documented(Untyped) == {"a", "b", "view"}


def test_interfaces_annotate_their_members() -> None:
    class Pair(PureInterface):
        first: Signal

    with pytest.raises(TypeError, match="Pair annotates"):
        TypedSignature(Pair, {"first": Out(1), "second": Out(1)})
    assert TypedSignature(Pair, {"first": Out(1)}) == TypedSignature(Pair, {"first": Out(1)})
    assert TypedSignature(Pair, {"first": Out(1)}) != TypedSignature(Pair, {"first": Out(2)})
    assert matches(TypedSignature(Pair, {"first": Out(1)}).flip().create(), Pair)
