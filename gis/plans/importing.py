"""A file brought back into a draft: whose polygon is which, what is wrong, what would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries import Defect, NotACoverage, Repair, Step, check, repair
from gis.errors import BadFile, InvalidInput
from gis.loading.foreign import Foreign
from gis.loading.places import find_place
from gis.loading.shapes import square_metres
from gis.plans.making import MOST_NAME, Made
from gis.plans.reading import Face, as_multi
from gis.plans.workbench import Workbench

_KEY_FIELDS = ("key", "code", "编码", "网格编码")
_NAME_FIELDS = ("name", "名称", "网格名称")
# Of an area's ground, so much has to lie in a polygon of the file for the two to be one, or for
# the area to have gone into others.
_MOST_OF_IT = 0.5
WHOLE = "*"


@dataclass(frozen=True)
class Told:
    """A file understood as areas of a draft.

    Attributes
    ----------
    faces
        All areas as they would be, by key.
    added, removed, changed
        Keys of areas that begin, end, or have another shape or name.
    untold
        Keys of areas that the file says nothing of: they stay as they are.
    parts
        Keys that stand in the file several times, and how often: the largest keeps the key.
    from_version
        The version of the draft from which the file was made; None where it does not tell.
    notes
        What was taken for granted of the coordinates.
    """

    faces: Mapping[str, Face]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    untold: tuple[str, ...]
    parts: Mapping[str, int]
    from_version: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """What is wrong with areas that a draft should take, and what would mend it.

    Attributes
    ----------
    warnings
        What hinders nothing: areas in more pieces than before, vertices that a neighbour lacks.
    repair
        None where nothing is wrong.
    faces
        The areas mended; as they were told where nothing is wrong.
    """

    defects: tuple[Defect, ...]
    repair: Repair | None
    faces: Mapping[str, Face]
    steps: tuple[Step, ...] = ()
    warnings: tuple[Defect, ...] = field(default_factory=tuple)


def understand(bench: Workbench, file: Foreign) -> Told:
    """Which area each polygon of a file is.

    A polygon is the area whose key it tells. Of several with one key, as a splitting tool leaves
    them, the largest is; the others are new. One without a key of the draft is the area with
    which it shares most of both grounds, else a new one. An area of which the file tells nothing
    has ended where its ground is now another's, and stays where it is nobody's.

    Raises
    ------
    BadFile, InvalidInput
        Coordinates that can't be understood.
    """
    notes: list[str] = []
    shapes = _stored(file, notes)
    by_key, parts = _keyed(bench, file, shapes)
    versions = {row.get("version") for row in file.rows} - {None}
    version = next(iter(versions)) if len(versions) == 1 else None
    faces = {key: _face(bench, file.rows[at], key, shapes[at]) for key, at in by_key.items()}
    ended, untold = _missing(bench, faces)
    now = dict(sorted(({key: bench.faces[key] for key in untold} | faces).items()))
    changed = tuple(key for key, face in now.items()
                    if key in bench.faces and _differs(bench.faces[key], face))
    return Told(now, tuple(key for key in now if key not in bench.faces), tuple(ended), changed,
                tuple(untold), parts, version if isinstance(version, int) else None, tuple(notes))


def checked(bench: Workbench, faces: Mapping[str, Face]) -> Checked:
    """Every defect of areas as the draft's coverage, and a proposal to mend them.

    Nothing moves across the outline of an area above, and none of these moves: ground outside all
    of them is cut off, and told.
    """
    shapes = {key: face.geom for key, face in faces.items()}
    parents, outlines = _nested(bench, faces)
    found = _told(check(shapes, parents, outlines))
    defects = tuple(one for one in found if one.kind != "edge")
    # Vertices that a neighbour lacks are set when the areas are taken: no ground moves by it.
    warnings = (*_apart(faces, bench), *(one for one in found if one.kind == "edge"))
    if not defects:
        return Checked((), None, faces, (), warnings)
    clipped, cut = _clipped(shapes, outlines)
    mended = repair(clipped, parents, outlines)
    made = {key: replace(faces[key], geom=as_multi(shape)) for key, shape in mended.faces.items()}
    return Checked(defects, mended, made, (*cut, *mended.steps), warnings)


def take(bench: Workbench, told: Told, found: Checked, apply: str) -> Made:
    """Make a checked file the draft; `keep` or `take_back` comes after.

    Parameters
    ----------
    apply
        ``checked``: as it is, where nothing is wrong; ``repaired``: mended.

    Raises
    ------
    NotACoverage
        With the defects that stand in the way.
    Refused
        Where a frozen area would change.
    """
    if apply == "checked" and found.defects:
        raise NotACoverage(found.defects)
    if found.repair is not None and found.repair.left:
        raise NotACoverage(_told(found.repair.left))
    faces: dict[str, Face | None] = dict.fromkeys(told.removed)
    faces |= {key: face for key, face in found.faces.items()
              if key not in bench.faces or _differs(bench.faces[key], face)}
    faces |= {key: None for key in told.faces if key not in found.faces and key in bench.faces}
    if not faces:
        raise InvalidInput("the file changes nothing", "file")
    return bench.replace_all(faces, "import")


def _stored(file: Foreign, notes: list[str]) -> list[BaseGeometry]:
    """Shapes in degrees of EPSG:4490 on the grid of 1e-9°; empty where there is none."""
    shapes = np.array([shapely.Polygon() if one is None else one for one in file.shapes],
                      dtype=object)
    coordinates = shapely.get_coordinates(shapes)
    if not np.isfinite(coordinates).all():
        raise BadFile("a vertex has a coordinate that is missing or infinite")
    place = find_place(coordinates[:, 0], coordinates[:, 1], file.crs, None, None, notes)
    stored = place.stored_shapes(shapes)
    if len(coordinates) and (np.abs(shapely.get_coordinates(stored)) > (180, 90)).any():
        raise BadFile("a vertex is off the Earth")
    return [as_multi(one) for one in stored]


def _keyed(bench: Workbench, file: Foreign, shapes: list[BaseGeometry]
           ) -> tuple[dict[str, int], dict[str, int]]:
    """By key, the position of the polygon that is the area; and keys that stand several times."""
    told: dict[str, list[int]] = {}
    loose: list[int] = []
    for at, row in enumerate(file.rows):
        key = _field(row, _KEY_FIELDS)
        if key in bench.faces or (key.startswith("+") and key[1:].isdecimal() and len(key) < 6):
            told.setdefault(key, []).append(at)
        else:
            loose.append(at)
    found: dict[str, int] = {}
    for key, places in told.items():
        largest = max(places, key=lambda at: shapes[at].area)
        found[key] = largest
        loose += [at for at in places if at != largest]
    fresh = max([int(bench.next_key()[1:]), *(
        int(key[1:]) + 1 for key in found if key.startswith("+"))])
    for at in sorted(loose):
        key = None if shapes[at].is_empty or at in {
            one for places in told.values() for one in places} else _same_ground(
            bench, shapes[at], found)
        if key is None:
            key, fresh = f"+{fresh}", fresh + 1
        found[key] = at
    return found, {key: len(places) for key, places in sorted(told.items()) if len(places) > 1}


def _same_ground(bench: Workbench, shape: BaseGeometry, taken: Mapping[str, int]) -> str | None:
    sound = shapely.make_valid(shape)
    for key, face in bench.faces.items():
        if key not in taken and face.geom.intersects(sound):
            common = face.geom.intersection(sound).area
            if common > _MOST_OF_IT * max(face.geom.area, sound.area):
                return key
    return None


def _face(bench: Workbench, row: Mapping[str, Any], key: str, shape: BaseGeometry) -> Face:
    was = bench.faces.get(key)
    name = _field(row, _NAME_FIELDS)[:MOST_NAME]
    if not name or not name.isprintable():
        name = was.name if was else key
    return Face(key, name, _parent(bench, shape, was), shape)


def _parent(bench: Workbench, shape: BaseGeometry, was: Face | None) -> str | None:
    """The area above in which most of the ground lies."""
    if not bench.parents or shape.is_empty:
        return was.parent_code if was else None
    sound = shapely.make_valid(shape)
    shares = {code: parent.geom.intersection(sound).area
              for code, parent in bench.parents.items() if parent.geom.intersects(sound)}
    if not shares:
        return was.parent_code if was else next(iter(bench.parents))
    return max(sorted(shares), key=lambda code: shares[code])


def _missing(bench: Workbench, faces: Mapping[str, Face]) -> tuple[list[str], list[str]]:
    """Areas that the file does not name: those that have gone into others, and the rest."""
    told = [shapely.make_valid(face.geom) for face in faces.values()]
    tree = shapely.STRtree(told)
    ended, untold = [], []
    for key, face in bench.faces.items():
        if key not in faces:
            near = tree.geometries[tree.query(face.geom, predicate="intersects")]
            taken = shapely.union_all(shapely.intersection(near, face.geom)).area
            (ended if taken > _MOST_OF_IT * face.geom.area else untold).append(key)
    return ended, untold


def _nested(bench: Workbench, faces: Mapping[str, Face]
            ) -> tuple[dict[str, str], dict[str, BaseGeometry]]:
    """Parents and outlines; in a scheme without, the ground of all areas is the one outline."""
    if bench.parents:
        return ({key: face.parent_code for key, face in faces.items() if face.parent_code},
                bench.outlines())
    whole = shapely.union_all([shapely.make_valid(face.geom) for face in bench.base.values()])
    return dict.fromkeys(faces, WHOLE), {WHOLE: whole}


def _told(defects: tuple[Defect, ...] | list[Defect]) -> tuple[Defect, ...]:
    return tuple(replace(one, keys=tuple(key for key in one.keys if key != WHOLE))
                 for one in defects)


def _clipped(shapes: Mapping[str, BaseGeometry], outlines: Mapping[str, BaseGeometry]
             ) -> tuple[dict[str, BaseGeometry], list[Step]]:
    """Shapes without what lies outside all outlines, and what was cut off."""
    whole = shapely.union_all(list(outlines.values()))
    shapely.prepare(whole)
    kept, cut = {}, []
    for key, shape in shapes.items():
        sound = shapely.make_valid(shape)
        if shape.is_empty or whole.covers(sound):
            kept[key] = shape
            continue
        outside = sound.difference(whole)
        kept[key] = _polygons(shapely.set_precision(
            _polygons(sound.intersection(whole)), 1e-9))
        area_m2 = float(square_metres(np.array([outside], dtype=object))[0]) \
            if outside.area > 0 else 0.0
        if area_m2 >= 0.01:
            cut.append(Step("outside_parent", (key,), None, outside, round(area_m2, 2)))
    return kept, cut


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    parts = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), (3, 6))])
    return shapely.multipolygons(parts) if len(parts) else shapely.MultiPolygon()


def _apart(faces: Mapping[str, Face], bench: Workbench) -> list[Defect]:
    """Areas in several pieces that were in fewer before."""
    pieces = {key: shapely.get_num_geometries(face.geom) for key, face in faces.items()}
    before = {key: shapely.get_num_geometries(face.geom) for key, face in bench.faces.items()}
    return [Defect("disconnected", (key,), faces[key].geom) for key, count in pieces.items()
            if count > max(1, before.get(key, 1))]


def _field(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    told = next((row[name] for name in names if row.get(name) is not None), "")
    return str(told).strip()[:200]


def _differs(was: Face, now: Face) -> bool:
    return (was.name, was.parent_code) != (now.name, now.parent_code) or not shapely.equals_exact(
        was.geom, now.geom, 0, normalize=True)
