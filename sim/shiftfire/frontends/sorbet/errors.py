"""What is wrong with a checkpoint, or with what is asked of it."""

from __future__ import annotations

from shiftfire_spec.errors import UserError


class CheckpointError(UserError, ValueError):
    """A checkpoint or its token ids cannot be imported; the message names key or option, value and remedy."""
