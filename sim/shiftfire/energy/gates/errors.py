"""What is wrong with a library, a netlist or its stimuli."""

from __future__ import annotations

from shiftfire_spec.errors import UserError


class GateError(UserError, ValueError):
    """One line that names the thing at fault and the remedy."""
