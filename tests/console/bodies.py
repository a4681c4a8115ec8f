"""Bodies that each writing route takes, about things of one's own, another's, or of nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from gis.incidents import Action
from tests.console.town import SOUTH, STEP, STREETS, WEST

OWN, FOREIGN, ABSENT = 0, 1, 2
GRIDS = [f"{street}001001" for street in STREETS] + ["330104009001001"]
BUILDINGS = [f"{street}0010100001" for street in STREETS] + ["3301040090010100001"]
HOUSES = [f"{code}000001" for code in BUILDINGS]
# Numbers far apart, so that one of another street is not found by chance in an answer.
NUMBERS = [70_000_101, 70_000_202, 70_000_303]
PERSONS = [f"00000000-0000-4000-8000-{number:012d}" for number in NUMBERS]
ROADS = ["本街路", "外街密语路", "无此路"]
OFFICERS = [f"O{grid}" for grid in GRIDS]
RASTERS = ["own-raster", "foreign-raster", "no-raster"]
UNITS = ["U-own", "U-foreign", "U-absent"]
MIDDLES = [WEST + STEP / 2, WEST + 2.5 * STEP, WEST + 9.5 * STEP]
LAT = SOUTH + STEP / 2

Bodies = list[dict[str, Any]]

def steps(whose: int) -> Bodies:
    """Each action with all that some action needs."""
    return [{"action": action, "note": "核实情况", "to": OFFICERS[whose],
             "until": "2027-01-04T08:30:00+08:00"} for action in Action] + [
            {"action": action, "note": "核实情况"} for action in ("verify", "reject", "close")]


def targets(whose: int) -> Bodies:
    """Steps that point at an officer, a unit, a matter or a house."""
    return [{"action": action, "note": "核实情况", "to": to}
            for action in ("dispatch", "transfer", "handle", "locate")
            for to in (OFFICERS[whose], UNITS[whose], HOUSES[whose], BUILDINGS[whose])] + [
            {"action": action, "note": "核实情况", "to": f"incident:{NUMBERS[whose]}"}
            for action in ("merge", "absorb", "transfer")]


def reports(whose: int) -> Bodies:
    """By point, by house code and by words only."""
    common = {"text": "井盖缺失", "category": "urban", "channel": "resident"}
    return [common | {"lon": MIDDLES[whose], "lat": LAT}, common | {"house_code": HOUSES[whose]},
            common | {"address": f"{ROADS[whose]}1号101室"}]


def extents(whose: int) -> Bodies:
    """A line across the grid, and an area in it."""
    west, east = MIDDLES[whose] - 0.002, MIDDLES[whose] + 0.002
    ring = [[west, LAT], [east, LAT], [east, LAT + 0.001], [west, LAT]]
    return [{"geometry": {"type": "LineString", "coordinates": [[west, LAT], [east, LAT]]}},
            {"geometry": {"type": "Polygon", "coordinates": [ring]}, "datum": "cgcs2000"}]


def renames(whose: int) -> Bodies:
    """Of each kind, within an area and anywhere."""
    named = {"house": HOUSES[whose], "building": BUILDINGS[whose],
             "compound": ROADS[whose].replace("路", "苑"), "road": ROADS[whose]}
    return [{"kind": kind, "of": of, "to": "新的名字", "reason": "地名公告"} | within
            for kind, of in named.items() for within in ({}, {"area": GRIDS[whose]})]


def categories(whose: int) -> Bodies:
    """A class that is there, renamed and taken out of use."""
    return [{"code": "urban", "name": f"改名{whose}", "name_en": "Renamed", "kind": "control",
             "urgency": 1, "active": False, "limit_hours": 1}]


def drafted(whose: int) -> Bodies:
    """An operation on the version that a fresh draft has, and on one that it never has."""
    return [{"version": version, "operation": {
        "op": "rename", "code": GRIDS[whose], "name": "改名网格"}} for version in (1, 9_999)]


def standings(whose: int) -> Bodies:
    """Accounts that nobody but an admin makes or changes."""
    return [{"name": "walker", "role": "street", "areas": [GRIDS[whose]]},
            {"name": "walker", "role": "department", "unit": UNITS[whose]}]


def own_tokens(whose: int) -> Bodies:
    """For somebody who has signed in, which the walkers with their tokens have not."""
    return [{"name": "walk", "days": 1}, {"name": "walk", "days": 1, "area": GRIDS[whose]}]


BODIES: dict[str, Callable[[int], Bodies]] = {
    "POST /api/drafts": lambda whose: [
        {"name": "试画", "area": (*STREETS, "330104009")[whose]}],
    "PUT /api/drafts/defaults": lambda whose: [{"scheme": "*", "rules": {}}],
    "PATCH /api/drafts/{draft_id}": lambda whose: [{"version": 9_999, "name": "改名"}],
    "DELETE /api/drafts/{draft_id}": lambda whose: [{"version": 9_999}],
    "POST /api/drafts/{draft_id}/operations": drafted,
    "POST /api/drafts/{draft_id}/freeze": lambda whose: [
        {"version": 2, "codes": [GRIDS[whose]], "frozen": True}],
    "POST /api/drafts/{draft_id}/undo": lambda whose: [{"version": 2}],
    "POST /api/drafts/{draft_id}/redo": lambda whose: [{"version": 3}],
    "POST /api/drafts/{draft_id}/publish": lambda whose: [
        {"version": 9_999}, {"version": 9_999, "duties": {GRIDS[whose]: None}}],
    "POST /api/publications/{publication_id}/undo": lambda whose: [{}],
    "POST /api/drafts/{draft_id}/rehearsal": lambda whose: [{}],
    "POST /api/drafts/{draft_id}/proposals": lambda whose: [
        {"area": "nowhere", "version": 2}],
    "POST /api/drafts/{draft_id}/proposals/{job_id}/{seed}/take": lambda whose: [
        {"version": 2}],
    "DELETE /api/drafts/{draft_id}/proposals/{job_id}": lambda whose: [{}],
    "POST /api/drafts/{draft_id}/rebase": lambda whose: [{"version": 2, "drop": True}],
    "PUT /api/drafts/{draft_id}/rules": lambda whose: [
        {"version": 3, "rules": {"duty_officers": {"min": 1}}}],
    "POST /api/drafts/{draft_id}/repair": lambda whose: [{"version": 2}],
    "POST /api/drafts/{draft_id}/import": lambda whose: [
        {"type": "FeatureCollection", "features": []}],
    "POST /api/reports": reports,
    "POST /api/reports:batch": lambda whose: [{"reports": reports(whose)}],
    "POST /api/incidents/{incident_id}/steps": steps,
    "PUT /api/incidents/{incident_id}/extent": extents,
    "DELETE /api/incidents/{incident_id}/extent": lambda whose: [{}],
    "POST /api/incidents/{number}/rating": lambda whose: [{"score": 1, "note": "不满意"}],
    "POST /api/persons/{person_id}/unmask": lambda whose: [
        {"purpose": "入户走访核实"}, {"purpose": "入户走访核实", "fields": ["name"]}],
    "POST /api/renames": renames,
    "POST /api/tracks": lambda whose: [{"fixes": [
        {"at": datetime.now(UTC).isoformat(), "lon": MIDDLES[whose], "lat": LAT}]}],
    "POST /api/notices/read": lambda whose: [{"up_to": 2**62}],
    "POST /api/admin/categories": categories,
    "POST /api/admin/days": lambda whose: [
        {"day": "2026-12-01", "working": False, "name": "假"}, {"day": "2026-12-01",
                                                               "working": None}],
    "POST /api/admin/settings": lambda whose: [{"name": "working_week", "value": [1]},
                                               {"name": "warning_share", "value": 0.5}],
    "POST /api/account/password": lambda whose: [{"old": "no such word", "new": "tall grass 8"}],
    "POST /api/account/sessions/end": lambda whose: [{}, {"id": NUMBERS[whose]}],
    "POST /api/account/tokens": own_tokens,
    "POST /api/account/tokens/revoke": lambda whose: [{"id": NUMBERS[whose]}],
    "POST /api/admin/accounts": standings,
    "POST /api/admin/accounts/change": standings,
    "POST /api/admin/accounts/disable": lambda whose: [{"name": "walker", "disabled": True}],
    "POST /api/admin/accounts/password": lambda whose: [{"name": "walker"}],
    "POST /api/admin/accounts/sign-out": lambda whose: [{"name": "walker"}],
    "POST /api/admin/accounts/token": lambda whose: [{"account": "walker", "name": "walk"}],
    "POST /api/admin/groups": lambda whose: [
        {"group": "g", "role": "street", "area": GRIDS[whose]}],
    "POST /api/admin/groups/remove": lambda whose: [{"id": NUMBERS[whose]}],
    "POST /api/admin/undo": lambda whose: [{}],
}
# Forms, and routes of the page's framework: walked without a body of ours.
BODILESS = {"POST /login", "POST /logout"}
