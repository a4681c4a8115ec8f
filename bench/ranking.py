"""What a ranking touches after a year, against the same city after five weeks.

The pace is the same in both, 500,000 matters a year; only the history behind it differs. Pages
are those that PostgreSQL counts, not time. Quarters and years, and all else too, are told beside
those of a city with a tenth of the work.
"""

from __future__ import annotations

from bench.report import Context, Row
from bench.year_peers import compare


def run(context: Context) -> list[Row]:
    """Rankings of every kind, rolling and by the calendar, an opened score, and statistics."""
    asked = [(f"by {by}, {period}", f"/api/ranking?by={by}&period={period}&limit=500")
             for by in ("grid", "officer", "community", "street")
             for period in ("day", "week", "month")]
    asked += [("statistics of the whole, a month", "/api/statistics?period=month")]
    # Five weeks hold no quarter.
    told = [(f"by {by}, {period}", f"/api/ranking?by={by}&period={period}&limit=500")
            for by in ("grid", "officer", "community", "street")
            for period in ("quarter", "year")]
    return compare(context, "ranking", "hall", None, asked, told)
