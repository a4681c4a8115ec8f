"""The same seed gives the same bytes, in any process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.district import build_district, digest_geometry

ROOT = Path(__file__).parents[2]
DIGEST = (
    "from fixtures.district import build_district;"
    "from tests.synthetic.test_determinism import digest;"
    "print(digest(build_district('demo')))"
)


def digest(district) -> str:
    """One digest over all that a district holds."""
    total = hashlib.sha256()
    for frame in (district.roads, district.ground, district.areas, district.buildings):
        total.update(digest_geometry(frame.geometry))
    for frame in (district.roads, district.ground, district.areas, district.buildings,
                  district.addresses, district.officers, district.duties, district.units,
                  district.grid_population):
        total.update(frame.drop(columns="geometry", errors="ignore").to_csv().encode())
    return total.hexdigest()


def test_another_process_with_another_hash_seed_builds_the_same(district):
    here = os.environ.get("PYTHONHASHSEED")
    run = subprocess.run(
        [sys.executable, "-c", DIGEST], cwd=ROOT, check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONHASHSEED": "4711" if here != "4711" else "42"},
    )
    assert run.stdout.strip() == digest(district)


def test_an_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="demo, full"):
        build_district("huge")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
def test_other_seeds_build_too(seed):
    assert len(build_district("demo", seed=seed).buildings) == 12_000


@pytest.mark.long
def test_full_scale_has_one_point_two_million_addresses():
    addresses = build_district("full").addresses
    assert len(addresses) == 1_200_000
    assert addresses["house_code"].is_unique
    assert addresses["text"].is_unique
