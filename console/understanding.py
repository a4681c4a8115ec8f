"""Reports that come with words only: asked of the address library before they are filed.

A sure answer goes along with the report as `understood`, and the database places it by that;
what was received is kept as it came. An unsure one changes nothing: the candidates are told.
"""

from __future__ import annotations

from typing import Any

from gis.addressing import Findings, search
from gis.database import Database
from gis.reports import Report

MOST_CANDIDATES = 5


async def understand(database: Database, secret: str,
                     reports: list[Report]) -> list[list[str]]:
    """Put `understood` on those reports whose words are sure; the candidates of the others.

    Parameters
    ----------
    reports
        As `check_report` made them; each is searched for among what the secret's owner may see.

    Returns
    -------
    list of list of str
        For each report in its place the addresses that it may mean; empty where it is placed by
        coordinates, by a code, or surely.
    """
    candidates: list[list[str]] = [[] for _ in reports]
    asking = [place for place, report in enumerate(reports) if needs_words(report)]
    if not asking:
        return candidates
    async with database.scope(secret) as connection:
        for place in asking:
            found = await search(connection, reports[place]["address"], limit=MOST_CANDIDATES)
            reports[place]["understood"] = understood(found)
            if reports[place]["understood"] is None:
                candidates[place] = [match.text for match in found.matches]
    return candidates


def needs_words(report: Report) -> bool:
    """Whether nothing but its address tells where a report is."""
    return report["lon"] is None and report["house_code"] is None


def understood(found: Findings) -> dict[str, Any] | None:
    """The sure answer in the form that the database takes; None where there is none."""
    match = found.sure
    # What has neither a code nor a text of its own can't be found again by the database; and
    # the standard address itself needs no understanding.
    if match is None or match.how == "exact" or (
            match.address_id is None and match.building_code is None):
        return None
    return {"address_id": match.address_id, "building_id": match.building_id,
            "text": match.text, "score": match.score}


def with_candidates(answer: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    """The answer, with the candidates among the facts of what has no place."""
    for assignment in answer.get("assignments", ()):
        if texts and assignment["how"] == "unlocated":
            assignment["facts"] = (assignment.get("facts") or {}) | {"candidates": texts}
    return answer
