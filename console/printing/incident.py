"""The printout of a matter: what came in, where, who answers and why, what was done, clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from console import language
from console.printing.document import Document
from console.printing.sketch import map_svg

Json = Mapping[str, Any]
_CLOCKS = ("received_at", "verified_at", "dispatched_at", "handled_at", "closed_at",
           "stage_deadline_at", "deadline_at", "suspended_at")


def incident_document(told: Json, around: Json | None, *, category: str,
                      names: Mapping[str, str], base: str, by: str, at: datetime, lang: str,
                      time_zone: str) -> Document:
    """A matter on paper.

    Parameters
    ----------
    told
        As ``GET /api/incidents/{id}`` tells it, with `why` in words.
    around
        As of `console.places.surroundings`; None where the matter has no place yet.
    category
        Its name in the reader's language.
    names
        Of officers and units that steps point at, by ``officer:12``.
    base
        The address that the QR code points to.
    by, at, lang
        As of `Document`.
    time_zone
        The city's: in which all times are told.
    """
    zone = ZoneInfo(time_zone)
    report, incident = told["report"], told["incident"]
    ground = next(iter(told["assignments"]), None)
    area = (ground or {}).get("area") or {}
    data = {
        "id": str(incident["id"]), "category": category, "text": report.get("text") or "",
        "state": _named("state", incident.get("state"), lang),
        "tier": _named("tier", incident.get("tier"), lang),
        "urgency": _named("urgency", incident.get("urgency"), lang),
        "emergency": bool(incident.get("emergency")),
        "late": _late(told["clocks"], at), "suspended": bool(told["clocks"].get("suspended_at")),
        "facts": _facts(report, incident, area, lang),
        "clocks": [[language.text(f"print.{name}", lang), _moment(told["clocks"][name], zone)]
                   for name in _CLOCKS if told["clocks"].get(name)],
        "assignments": [_assignment(one, lang) for one in told["assignments"]],
        "steps": [_step(one, names, zone, lang) for one in told.get("steps") or []],
        "qr_text": f"{base}/street?incident={incident['id']}",
    }
    if around is not None and incident.get("lon") is not None:
        data["map_svg"] = map_svg(around, incident["lon"], incident["lat"], area.get("code"))
    return Document("incident", data, by, at.astimezone(zone).isoformat(), lang)


def _named(kind: str, value: object, lang: str, joint: str = ".") -> str:
    """The word for a value of a kind; the value itself where the catalogues have none."""
    try:
        return language.text(f"{kind}{joint}{value}", lang) if value is not None else ""
    except KeyError:
        return str(value)


def _moment(text: str | None, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M") if text else ""


def _late(clocks: Json, at: datetime) -> bool:
    deadline = clocks.get("deadline_at")
    return bool(deadline and not clocks.get("closed_at") and not clocks.get("suspended_at")
                and datetime.fromisoformat(deadline) < at)


def _facts(report: Json, incident: Json, area: Json, lang: str) -> list[list[str]]:
    path = " › ".join(step["name"] for step in area.get("path") or [])
    point = ""
    if incident.get("lon") is not None:
        point = f"{incident['lon']:.6f}, {incident['lat']:.6f} (CGCS2000)"
    handler = " · ".join(filter(None, ((incident.get(kind) or {}).get("name")
                                       for kind in ("officer", "unit"))))
    rows = (("handler", handler), ("channel", _named("print.channel", report.get("channel"), lang)),
            ("address", report.get("address")), ("house_code", report.get("house_code")),
            ("area", path), ("point", point))
    return [[language.text(f"print.{name}", lang), value] for name, value in rows if value]


def _assignment(one: Json, lang: str) -> dict[str, Any]:
    officer = one.get("officer") or {}
    return {"scheme": _named("desk.scheme", one["scheme"], lang, "_"),
            "area": (one.get("area") or {}).get("name") or "—",
            "officer": " ".join(filter(None, (officer.get("name"),
                                              _named("role", officer.get("role"), lang)))) or "—",
            "how": _named("how", one.get("how"), lang), "why": list(one.get("why") or [])}


def _step(one: Json, names: Mapping[str, str], zone: ZoneInfo, lang: str) -> list[str]:
    note = one.get("note")
    if note and one.get("role") == "system":
        note = _named("desk.system", note.replace(" ", "_"), lang, "_")
    said = [note]
    if one.get("to"):
        said.append(language.text("print.to", lang, to=names.get(one["to"], one["to"])))
    if one.get("until"):
        said.append(language.text("print.until", lang, at=_moment(one["until"], zone)))
    return [str(one["number"]), _moment(one["at"], zone), _named("desk.do", one["action"], lang),
            _named("desk.actor", one.get("role"), lang), _named("tier", one.get("tier"), lang),
            _named("state", one.get("state"), lang), " · ".join(filter(None, said))]
