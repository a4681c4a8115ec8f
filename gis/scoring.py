"""Assessment (考核评价): counts become parts of 0 to 100, parts a score, a score stars.

Pure arithmetic. The counts are of the matters received in a period; what they are and where
they come from: docs/decisions/033-assessment.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gis.clocks import OnTime

PARTS = ("in_tier", "on_time", "reopened", "speed", "satisfaction", "patrols", "visits")
HOUR_S = 3600
# Bucket 0 of a histogram ends here; each further one is wider by the square root of two.
FIRST_BUCKET_S = 120


@dataclass(frozen=True)
class Tally:
    """What is counted of one grid, officer, community or street in a period.

    Attributes
    ----------
    reported
        Matters received, those merged into others left out: open, solved and rejected ones.
    open, overdue
        Not finished; of these, past their deadline.
    solved, rejected
        Closed as done; turned down.
    on_time, late
        Of the solved ones, closed within the deadline or after it.
    in_grid, in_community, in_street
        Of the solved ones, closed in that tier.
    reopened, returned
        Matters that were opened again, or sent back, at least once.
    rated, rating_sum
        Matters with a rating, and the sum of their mean ratings of 1 to 5.
    median_s
        Median seconds from the report to the end of the solved ones.
    patrols, visits
        What was done outside; None where nobody keeps it.
    grid_days
        Grids times days: by how much patrols and visits are measured.
    """

    reported: int = 0
    open: int = 0
    overdue: int = 0
    solved: int = 0
    rejected: int = 0
    on_time: int = 0
    late: int = 0
    in_grid: int = 0
    in_community: int = 0
    in_street: int = 0
    reopened: int = 0
    returned: int = 0
    rated: int = 0
    rating_sum: float = 0.0
    median_s: float | None = None
    patrols: int | None = None
    visits: int | None = None
    grid_days: int = 0

    @property
    def punctual(self) -> OnTime:
        """On time, late, and open and overdue: what the rate is made of."""
        return OnTime(self.on_time, self.late, self.overdue)


@dataclass(frozen=True)
class Rule:
    """A part's weight, and what earns full marks; both a city's own."""

    weight: float
    target: float


@dataclass(frozen=True)
class Part:
    """A part of a score: what was found, what it is worth, and how much it weighs."""

    name: str
    value: float | None
    score: float | None
    weight: float
    target: float


@dataclass(frozen=True)
class Score:
    """The whole, None where no part can be told, and its parts."""

    score: float | None
    parts: tuple[Part, ...]


def share(part: float, whole: float) -> float | None:
    """part / whole; None of nothing. 4,193 of 4,205 is 0.99715; 0 of 0 is None."""
    return part / whole if whole else None


def percent(part: float, whole: float) -> float | None:
    """100 · part / whole to two decimals; None of nothing. 4,193 of 4,205 is 99.71."""
    found = share(part, whole)
    return None if found is None else round(100 * found, 2)


def in_tier(subject: str, tally: Tally) -> float | None:
    """Solved in the subject's own tier or below it, as a share of the solved.

    For a grid or an officer in_grid / solved, for a community (in_grid + in_community) /
    solved, for a street and all above it (in_grid + in_community + in_street) / solved. A grid
    with 49 of 50 solved in the grid has 0.98; with none solved None.
    """
    closed = tally.in_grid
    if subject not in ("grid", "officer"):
        closed += tally.in_community
        if subject != "community":
            closed += tally.in_street
    return share(closed, tally.solved)


def values(subject: str, tally: Tally) -> dict[str, float | None]:
    """What each part finds, in its own unit.

    in_tier: see `in_tier`. on_time: on_time / (on_time + late + overdue), so that what is open
    and overdue counts against it: 8, 1 and 1 give 0.8. reopened: reopened / (solved +
    reopened and open again, that is at most reported − rejected). speed: median hours.
    satisfaction: mean rating. patrols, visits: a grid and day. Each is None of nothing.
    """
    handled = tally.reported - tally.rejected
    return {
        "in_tier": in_tier(subject, tally),
        "on_time": tally.punctual.rate,
        "reopened": share(tally.reopened, handled) if tally.solved or tally.reopened else None,
        "speed": None if tally.median_s is None else tally.median_s / HOUR_S,
        "satisfaction": share(tally.rating_sum, tally.rated),
        "patrols": None if tally.patrols is None else share(tally.patrols, tally.grid_days),
        "visits": None if tally.visits is None else share(tally.visits, tally.grid_days),
    }


def part_score(name: str, value: float | None, target: float) -> float | None:
    """A part's value as 0 to 100; None stays None.

    in_tier, on_time, patrols, visits: 100 · min(1, value / target). 0.931 of 0.98 is 95.0.
    satisfaction: 100 · (value − 1) / (target − 1), at most 100: 4.2 of 5 is 80.0, 1 is 0.
    reopened: 100 · max(0, 1 − value / target): 0.01 where 0.05 leaves nothing is 80.0.
    speed: 100 · min(1, target / value): 32 h where 24 h are asked is 75.0; 0 h is 100.
    A target that leaves nothing to measure (0; for satisfaction 1) gives full marks.
    """
    if value is None:
        return None
    if name == "speed":
        return 100.0 if value <= target else 100 * target / value
    if name == "satisfaction":
        value, target = value - 1, target - 1
    if target <= 0:
        return 100.0
    if name == "reopened":
        return 100 * max(0.0, 1 - value / target)
    return 100 * min(1.0, max(0.0, value / target))


def score(subject: str, tally: Tally, rules: Mapping[str, Rule]) -> Score:
    """Σ weight · part / Σ weight, over the parts that can be told.

    With in_tier 95.0 (weight 30), on_time 80.0 (25) and nothing else told, (30 · 95 + 25 · 80)
    / 55 = 88.18. With no part told, or none that weighs, the score is None: nobody is ranked
    for what did not happen.
    """
    found = values(subject, tally)
    parts = tuple(
        Part(name, found[name], part_score(name, found[name], rules[name].target),
             rules[name].weight, rules[name].target)
        for name in PARTS if name in rules)
    told = [(part.weight, part.score) for part in parts if part.score is not None]
    weight = sum(each for each, _ in told)
    whole = sum(each * points for each, points in told) / weight if weight else None
    return Score(whole, parts)


def stars(points: float | None, least: Mapping[int, float]) -> int | None:
    """The most stars whose least score is reached; 0 below all, None of no score.

    With {5: 95, 4: 90, 3: 80}: 95.0 has 5, 94.99 has 4, 10 has 0.
    """
    if points is None:
        return None
    return max((count for count, floor in least.items() if points >= floor), default=0)


def median_of(buckets: Mapping[int, int]) -> float | None:
    """The median in seconds of a histogram of times; None of an empty one.

    Bucket 0 holds [0, 120) s, bucket b ≥ 1 [120 · 2^((b−1)/2), 120 · 2^(b/2)) s. Within the
    bucket of the median its logarithm is interpolated, so that the answer is never off by more
    than a bucket's width, a factor of 1.42, and by a few per cent where times are spread.
    {4: 1, 6: 1, 8: 1} gives the middle of bucket 6: 120 · 2^2.75 = 807 s.
    """
    total = sum(buckets.values())
    if total <= 0:
        return None
    before = 0
    for bucket, count in sorted(buckets.items()):
        if count > 0 and before + count >= total / 2:
            return _within(bucket, (total / 2 - before) / count)
        before += count
    return None


def _within(bucket: int, part: float) -> float:
    if bucket == 0:
        return FIRST_BUCKET_S * part
    return FIRST_BUCKET_S * 2 ** ((bucket - 1 + part) / 2)


def ranks(scores: Sequence[float | None]) -> list[int | None]:
    """The place of each score: 1 for the highest, equals share one; None has no place.

    [90, 95, 90, None] gives [2, 1, 2, None].
    """
    place: dict[float, int] = {}
    told = sorted((each for each in scores if each is not None), reverse=True)
    for at, each in enumerate(told, start=1):
        place.setdefault(each, at)
    return [None if each is None else place[each] for each in scores]
