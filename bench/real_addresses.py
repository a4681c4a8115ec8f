"""`bench real_addresses`: what is read in 10,000 addresses as people really write them.

The share in which each element is found; and the share in which the district or county is the one
that a second method (`bench.real_addresses_peers`) finds, among the texts in which that finds one.

    python -m bench.real_addresses [FILE]

prints the shares, 50 sampled texts to read, and every text in which the two methods differ.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.real_addresses_peers import named_district
from bench.report import Context, Row
from gis.addressing import Reading, read
from gis.addressing.reading import ELEMENTS

NAME = "real_addresses"
DISTRICT_BAR = 0.99
SEED, SHOWN = 20261123, 50
QUICK_TEXTS = 500


@dataclass(frozen=True)
class Read:
    """One text, what was read in it, and the district by the second method."""

    text: str
    reading: Reading
    second: str | None

    @property
    def district(self) -> str | None:
        return self.reading.parts.get("district")

    @property
    def differs(self) -> bool:
        """Whether the second method finds a district and the reading another, or none."""
        return self.second is not None and self.district != self.second


def address_file() -> Path:
    """`addresses_zh/address.txt` in the folder of real data."""
    folder = os.environ.get("GRIDWALL_TEST_DATA") or (
        Path(__file__).parents[2] / "shared" / "data")
    return Path(folder) / "addresses_zh" / "address.txt"


def read_all(texts: list[str]) -> list[Read]:
    """Every text read, by both methods."""
    return [Read(text, read(text), named_district(text)) for text in texts]


def shares(all_read: list[Read]) -> dict[str, float]:
    """The share of texts in which each element was found."""
    found = Counter(level for one in all_read for level in one.reading.parts)
    return {level: found[level] / len(all_read) for level in ELEMENTS}


def right_district(all_read: list[Read]) -> float:
    """The share with the right district among those that name one."""
    named = [one for one in all_read if one.second is not None]
    return sum(not one.differs for one in named) / len(named)


def run(context: Context) -> list[Row]:
    """The shares as rows; none where the file is absent."""
    file = address_file()
    if not file.exists():
        context.say(f"real_addresses: no {file} (GRIDWALL_TEST_DATA)")
        return []
    texts = file.read_text("utf-8").splitlines()
    all_read = read_all(texts[:QUICK_TEXTS] if context.quick else texts)
    right = right_district(all_read)
    return [Row(NAME, "district as a second method finds it (share)", right, DISTRICT_BAR,
                right / DISTRICT_BAR, 1.0, right >= DISTRICT_BAR),
            *(Row(NAME, f"{level} found (share)", share, None, None, None, True)
              for level, share in shares(all_read).items())]


def report(texts: list[str]) -> str:
    """The report in lines."""
    all_read = read_all(texts)
    lines = [f"{len(texts):,} addresses"]
    lines += [f"  {level:12} {share:7.2%}" for level, share in shares(all_read).items()]
    lines.append(f"district as the second method finds it: {right_district(all_read):.2%} of"
                 f" {sum(one.second is not None for one in all_read):,} that name one")
    lines.append(f"\n{SHOWN} of them:")
    for one in random.Random(SEED).sample(all_read, min(SHOWN, len(all_read))):
        told = " ".join(f"{level}={value}" for level, value in one.reading.parts.items())
        lines.append(f"{one.text}\n    {told}")
    differing = [one for one in all_read if one.differs]
    lines.append(f"\n{len(differing)} in which the methods differ:")
    lines += [f"{one.text}\n    read {one.district}, second method {one.second}"
              for one in differing]
    return "\n".join(lines)


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else address_file()
    print(report(path.read_text("utf-8").splitlines()))
