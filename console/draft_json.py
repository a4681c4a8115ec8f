"""Drafts as the API tells them: GeoJSON features, refusals, defects and breaches, with words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from console import language
from gis.boundaries import Defect, Refusal
from gis.plan_rules import Violation
from gis.plans.making import Shown
from gis.plans.reading import Face
from gis.plans.rebasing import Conflicting
from gis.plans.workbench import Workbench

Json = dict[str, Any]
MOST_DEFECTS = 2_000


def coverage_json(bench: Workbench, lang: str) -> bytes:
    """All areas as they are now, with what they break, as one FeatureCollection."""
    keys = list(bench.faces)
    return orjson.dumps({
        **collection(bench, keys), "version": bench.version,
        "totals": bench.judge.totals(), "violations": violations_json(bench, lang),
        "defects": [defect_json(one, lang) for one in bench.defects[:MOST_DEFECTS]]})


def base_json(bench: Workbench) -> bytes:
    """The areas as of the draft's base with their figures, for before and after."""
    shapes = _shapes(bench.base.values())
    figures = bench.judge.figures_of(bench.base)
    return orjson.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": key, "geometry": shape, "properties": {
            "key": key, "name": face.name, "parent_code": face.parent_code, **figures[key]}}
        for (key, face), shape in zip(bench.base.items(), shapes, strict=True)]})


def changed_json(bench: Workbench, shown: Shown, lang: str, **more: Any) -> bytes:
    """What a page has to draw anew, and what it has to say anew."""
    return orjson.dumps({
        "version": bench.version, "cursor": bench.cursor,
        "operations_count": len(bench.operations), "can_undo": bench.may_move(-1),
        "can_redo": bench.may_move(1), "changed": collection(bench, shown.changed),
        "removed": list(shown.removed), "frozen": sorted(bench.frozen),
        "figures": {key: bench.judge.figures[key] for key in shown.changed},
        "totals": bench.judge.totals(), "violations": violations_json(bench, lang), **more})


def collection(bench: Workbench, keys: Iterable[str]) -> Json:
    """Areas as a FeatureCollection."""
    told, frozen = list(keys), bench.frozen
    shapes = _shapes(bench.faces[key] for key in told)
    return {"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": key, "geometry": shape,
         "properties": _properties(bench, bench.faces[key], frozen)}
        for key, shape in zip(told, shapes, strict=True)]}


def violations_json(bench: Workbench, lang: str) -> list[Json]:
    """All that is broken, each with its place, number and limit."""
    return [violation_json(bench, one, lang) for one in bench.violations]


def violation_json(bench: Workbench, one: Violation, lang: str) -> Json:
    """One breach; what concerns a whole area has a point in it for its place."""
    whole = len(one.keys) == 1 and one.place is bench.faces[one.keys[0]].geom
    place = one.place.representative_point() if whole else one.place
    names = [bench.faces[key].name for key in one.keys if key in bench.faces]
    message = language.text(f"drafts.violation_{one.rule}_{one.side}", lang,
                            figure=_number(one.figure), limit=_number(one.limit),
                            subject=one.subject)
    return {"rule": one.rule, "key": one.keys[0] if one.keys else None, "keys": list(one.keys),
            "name": one.subject or (names[0] if names else ""), "figure": one.figure,
            "limit": one.limit, "side": one.side, "unit": one.unit, "blocks": one.blocks,
            "place": shape_json(place), "message": message}


def refusal_json(one: Refusal, lang: str) -> Json:
    """Why an operation was not carried out, and where."""
    place = None if one.place is None or one.place.is_empty else shape_json(one.place)
    what = f"{one.kind}_{one.detail}"
    if f"drafts.refusal_{what}" not in language.catalogue(lang):
        what = str(one.kind)
    return {**one.as_json(), "place": place, "message": _words(
        "refusal", what, lang, one.figure, one.limit, one.unit)}


def conflict_json(one: Conflicting, lang: str) -> Json:
    """An operation that can't be carried out on a new base: its gravest reason, and all."""
    told = [refusal_json(refusal, lang) for refusal in one.refusals]
    return {**(told[0] if told else {}), "number": one.number, "op": one.operation["op"],
            "refusals": told}


def defect_json(one: Defect, lang: str) -> Json:
    """What is wrong with polygons, and where."""
    point = one.place.representative_point() if not one.place.is_empty else None
    return {**one.as_json(), "place": shape_json(one.place) if point else None,
            "lon": point.x if point else None, "lat": point.y if point else None,
            "message": language.text(f"drafts.defect_{one.kind}", lang)}


def shape_json(shape: BaseGeometry) -> Json:
    """A geometry of GeoJSON (RFC 7946)."""
    return orjson.loads(shapely.to_geojson(shape))


def _shapes(faces: Iterable[Face]) -> list[orjson.Fragment]:
    told = [face.geom for face in faces]
    return [orjson.Fragment(text) for text in shapely.to_geojson(told).tolist()] if told else []


def _properties(bench: Workbench, face: Face, frozen: set[str]) -> Json:
    return {"key": face.key, "name": face.name, "parent_code": face.parent_code,
            "frozen": face.key in frozen, "is_new": face.key not in bench.base,
            **bench.judge.figures[face.key]}


def _words(kind: str, what: str, lang: str, figure: float | None, limit: float | None,
           unit: str) -> str:
    words = language.text(f"drafts.{kind}_{what}", lang)
    if figure is None:
        return words
    amount = language.text(f"drafts.unit_{unit or 'none'}", lang, value=_number(figure))
    if limit is None:
        return f"{words} ({amount})" if lang == "en" else f"{words}（{amount}）"
    return language.text("drafts.against", lang, what=words, figure=amount, limit=language.text(
        f"drafts.unit_{unit or 'none'}", lang, value=_number(limit)))


def _number(value: float) -> str:
    """As people read it: no digits that nobody asked for."""
    digits = 0 if abs(value) >= 100 or float(value).is_integer() else 2
    return f"{value:,.{digits}f}"
