"""Signatures whose interfaces have typed members."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import get_annotations
from typing import Any

from amaranth.lib.wiring import Member, PureInterface, Signature


class TypedSignature(Signature):
    """A signature of ``members`` whose interface objects are of the class ``interface``, which annotates the members with their types.

    Two are equal when class and members are. TypeError when the class does not annotate exactly the members.
    """

    def __init__(self, interface: type[PureInterface], members: Mapping[str, Member]) -> None:
        annotated = {name for base in interface.__mro__ for name in get_annotations(base)}
        if annotated != set(members):
            raise TypeError(f"{interface.__name__} annotates {sorted(annotated)}, its members are {sorted(members)}")
        self._interface = interface
        super().__init__(members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypedSignature) and self._interface is other._interface and self.members == other.members

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> PureInterface:
        return self._interface(self, path=path, src_loc_at=1 + src_loc_at)
