"""`bench geocode` on one small database that stands for both: every way runs."""

from __future__ import annotations

from bench.geocode import QUICK_TEXTS, compare, library_of
from bench.report import Context


def test_rows_tell_milliseconds_and_their_growth(district_database) -> None:
    library = library_of(district_database.admin_url, district_database.server_url, "demo",
                         QUICK_TEXTS)
    assert library.addresses == 120_000
    rows = compare(Context(quick=True), library, library)
    assert [row.name.split(",")[0] for row in rows[::2]] == [
        "exact code", "exact text", "noisy text", "noisy text by trigrams over full texts"]
    assert all(row.ours > 0 and row.peer > 0 and row.holds for row in rows)
