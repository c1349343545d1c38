"""Encoders: images and signals as the integers and spikes that a network takes, in every environment the same.

``import shiftfire as sf``, then ``sf.encode.rate(images, 16, seed=0, most=255)``. Formulas and sources: ``docs/reference/encoders.md``.
"""

from .crossing import crossing
from .delta import delta
from .direct import direct
from .latency import latency
from .rate import rate

__all__ = ["crossing", "delta", "direct", "latency", "rate"]
