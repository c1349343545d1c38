"""A kind of record: a JSON file of measured entries, written by ``measure``, read by ``render``, and checked for age by the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..report.document import head
from .digest import Measurable, digest
from .error import RecordError


@dataclass(frozen=True)
class Kind:
    """The file's ``form`` and ``version``; ``section`` holds its entries, each a ``noun``; the command ``remedy`` measures them again."""

    form: str
    version: int
    section: str
    noun: str
    remedy: str

    def made(self, entries: Mapping[str, Any]) -> dict[str, Any]:
        """A record of ``entries``, by this version of the package."""
        return {**head(self.form, self.version), self.section: dict(entries)}

    def read(self, path: Path) -> dict[str, Any]:
        """The record at ``path``; an empty one when there is no such file. Raises RecordError when it is none."""
        if not path.exists():
            return self.made({})
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecordError(f"{path}: not readable as JSON ({error}); delete it and measure again") from None
        if not isinstance(record, dict) or (record.get("format"), record.get("version")) != (self.form, self.version):
            raise RecordError(
                f"{path}: no record of {self.section}, its format is not {self.form} {self.version}; delete it and measure again"
            )
        return record

    def write(self, path: Path, record: Mapping[str, Any]) -> None:
        """Write the record. Raises OSError."""
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def entry(self, measured: Measurable, figures: Mapping[str, Any]) -> dict[str, Any]:
        """What the record holds of an entry that was measured."""
        return {"digest": digest(measured), "settings": dict(measured.settings), **figures}

    def known(self, record: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The entry of that name. Raises RecordError when it was never measured."""
        if name not in record[self.section]:
            raise RecordError(f"{self.noun} {name} was never measured: run `{self.remedy}`")
        return record[self.section][name]

    def stale(self, record: Mapping[str, Any], entries: Sequence[Measurable]) -> list[str]:
        """Names of the entries whose figures are not of this tree, or were never measured."""
        known = record[self.section]
        return [entry.name for entry in entries if entry.name not in known or known[entry.name]["digest"] != digest(entry)]
