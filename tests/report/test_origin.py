"""Lines that tell where a network came from."""

from __future__ import annotations

from shiftfire.report.origin import WIDEST, origin_lines


def test_what_has_a_name_is_named_and_lists_of_text_take_a_line_each() -> None:
    profile = {
        "origin": "nir",
        "profile": {"name": "norse", "dt": 0.001},
        "layers": {"a": {"bits": 8}, "b": {"bits": 4}},
        "assumed": ["this", "that", "assumed the rest"],
        "dt": 0.5,
        "many": list(range(100)),
    }
    *lines, many = origin_lines(profile)
    assert lines == [
        "origin: nir",
        "profile: norse",
        "layers: a, b",
        "assumed: this",
        "assumed: that",
        "assumed the rest",
        "dt: 0.5",
    ]
    assert many.startswith("many: [0, 1, 2") and many.endswith("...") and len(many) == len("many: ") + WIDEST
