"""Contract fingerprint: 32 bits that change whenever anything in the contract does."""

from __future__ import annotations

import hashlib

from .render.markdown import render_reference


def contract_fingerprint() -> int:
    """First 32 bits of the SHA-256 of the rendered reference: one text that spells every number of the contract."""
    return int.from_bytes(hashlib.sha256(render_reference().encode()).digest()[:4], "big")
