"""What came of loading a file: counts, reasons and remarks, as shown and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Outcome:
    """Counts of one run over one file.

    ``read`` rows were seen; each was loaded, left alone (``counts`` says why: unchanged,
    skipped as known, left out on request) or quarantined.
    """

    read: int = 0
    loaded: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    quarantine_file: Path | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        """How many rows were put aside."""
        return self.reasons.total()

    def note(self, sentence: str) -> None:
        """Add a remark, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def as_json(self) -> dict[str, Any]:
        """One object for `--json`."""
        return {
            "read": self.read,
            "loaded": self.loaded,
            "quarantined": self.quarantined,
            "reasons": dict(self.reasons),
            "quarantine_file": str(self.quarantine_file) if self.quarantine_file else None,
            "counts": dict(self.counts),
            "notes": self.notes,
            **self.details,
        }
