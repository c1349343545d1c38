"""Separately emitted modules: one Verilog module, instantiated many times."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import ClockSignal, Instance, ResetSignal, ValueLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In


def port_name(path: tuple[str | int, ...]) -> str:
    """Verilog port name that Amaranth gives to a member of a component's signature."""
    return "__".join(str(part) for part in path)


def instance_of(module_name: str, signature: wiring.Signature, *, reset: ValueLike | None = None) -> tuple[Instance, Any]:
    """An Instance of a component with this ``signature``, emitted elsewhere as ``module_name``, and an interface whose members are its ports' signals.

    ``reset`` takes the place of the domain's.
    """
    interface = signature.create()
    ports: dict[str, Any] = {"i_clk": ClockSignal(), "i_rst": ResetSignal() if reset is None else reset}
    for path, member, value in signature.flatten(interface):
        direction = "i" if member.flow == In else "o"  # pyright: ignore[reportAttributeAccessIssue]  # a Member; the stubs say Flow
        ports[f"{direction}_{port_name(path)}"] = value.as_value() if isinstance(value, data.View) else value
    return Instance(module_name, **ports), interface
