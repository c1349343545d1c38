"""The record as a page: ``docs/reference/claims.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..records.markdown import LEFT, RIGHT, markdown_table, three_digits
from .claim import Claim
from .document import figures_of
from .verdict import FACTOR, MARGIN, Expected, Figure, Verdict, claim_verdict, deciding_factor, verdict_of

_HEAD = """# Claims reference

Rendered from `docs/reference/claims.json` by `python -m shiftfire.claims render`; the figures are measured by `python -m shiftfire.claims
measure` (`make claims` does both). Do not edit: `tests/claims` proves that page, settings and constants are those of this tree.
Measured with version {version}, contract {contract}.

What papers about spiking networks claim, run here. Energies are of our own [model](energy.md): what counters see, times constants with a
range, of one digital architecture at 22 nm. A verdict is about whether that gives the paper's figure, not about the paper's work: where
the paper's own network is not here, *not reproduced* says that ours does not show it.

## The rule

A figure is a band: all constants at their low ends, nominal, or at their high ends. Its distance from the published figure is the factor between
their nearest ends; 1 where they overlap. Up to {margin} it is **{reproduced}**, up to {factor} **{within}**, beyond **{not_reproduced}**.
Figures of one *case* stand for what the statement leaves open: the nearest counts. All cases of a claim have to hold: the farthest of them
decides. Figures without a case are shown, and decide nothing. A claim with no figure that decides **{cannot}**.
Which figures decide was settled with first runs known; what else could have been taken stands beside.
"""


def render_claims(record: Mapping[str, Any], claims: tuple[Claim, ...]) -> str:
    """Text of the page. Raises RecordError for a claim that was never measured."""
    text = _HEAD.format(
        version=record["package_version"],
        contract=record["contract_fingerprint"],
        margin=f"{MARGIN:g}",
        factor=f"{FACTOR:g}",
        reproduced=Verdict.REPRODUCED,
        within=Verdict.WITHIN,
        not_reproduced=Verdict.NOT_REPRODUCED,
        cannot=Verdict.CANNOT_SAY,
    )
    known = [(claim, figures_of(record, claim)) for claim in claims]
    rows = [(f"[{c.name}](#{c.name})", c.published, _span(figures), _worded(c, figures)) for c, figures in known]
    verdicts = markdown_table(("claim", "published", "ours", "verdict"), rows)
    sections = [line for claim, figures in known for line in _section(claim, figures)]
    return "\n".join([text, "## Verdicts", "", verdicts, "", *sections])


def _span(figures: tuple[Figure, ...]) -> str:
    """From the least to the greatest of the figures that decide."""
    deciding = [figure for figure in figures if figure.case is not None and figure.band is not None]
    if not deciding:
        return "-"
    ends = [figure.band.ends for figure in deciding if figure.band is not None]
    least, greatest = min(low for low, _ in ends), max(high for _, high in ends)
    span = three_digits(least) if least == greatest else f"{three_digits(least)} to {three_digits(greatest)}"
    return f"{span} {deciding[0].unit}"


def _worded(claim: Claim, figures: tuple[Figure, ...]) -> str:
    verdict = claim_verdict(figures, claim.expected)
    factor = None if claim.expected is None else deciding_factor(figures, claim.expected)
    return f"{verdict} of {factor:.2g}" if verdict is Verdict.WITHIN else str(verdict)


def _section(claim: Claim, figures: tuple[Figure, ...]) -> Iterator[str]:
    yield from (f"## {claim.name}", "", f"*{claim.paper}*, {claim.source}.", "")
    yield from (f"* **Statement**: {claim.statement}", f"* **Run**: {claim.ran}")
    if claim.settings:
        yield f"* **Settings**: {'; '.join(f'{name} {_setting(value)}' for name, value in claim.settings.items())}."
    yield from (f"* **Verdict**: {_worded(claim, figures)} (published: {claim.published}).", f"* **Why**: {claim.why}", "")
    if figures:
        rows = [_row(figure, claim.expected) for figure in figures]
        yield markdown_table(
            ("figure", "nominal", "low .. high", "unit", "case", "alone"), rows, (LEFT, RIGHT, RIGHT, LEFT, LEFT, LEFT)
        )
        yield ""


def _row(figure: Figure, expected: Expected | None) -> tuple[object, ...]:
    alone = "-" if figure.case is None or expected is None else verdict_of(expected.factor(figure.band))
    case = {None: "-", figure.name: "its own"}.get(figure.case, figure.case)
    nominal, span = "none", "none"
    if figure.band is not None:
        low, high = figure.band.ends
        nominal, span = (
            three_digits(figure.band.nominal),
            "exact" if low == high else f"{three_digits(low)} .. {three_digits(high)}",
        )
    return figure.name, nominal, span, figure.unit, case, alone


def _setting(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} ({_setting(inner)})" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
