"""`gridwall check areas` and `gridwall repair areas`: whether polygons fit together, and how."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import shapely

from console.cli.context import Session, pass_session
from console.cli.ready import ready_admin_url
from console.progress import step
from gis.boundaries import Defect, Repair
from gis.boundaries import check as check_faces
from gis.boundaries import repair as repair_faces
from gis.errors import InvalidInput
from gis.loading.outlines import Outlines, read_outlines
from gis.loading.parents import LEVELS

CONTEXT = {"help_option_names": ["-h", "--help"]}
_SHOWN = 50
_DRIVERS = {".geojson": "GeoJSON", ".json": "GeoJSON", ".gpkg": "GPKG", ".shp": "ESRI Shapefile"}
_PATH = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Given:
    """What a command was given: the areas, and the outlines they should lie in."""

    areas: Outlines
    outlines: dict[str, shapely.Geometry]


def area_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What is said about a file of areas and about their parents."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout."),
        click.option("--scheme", default="base", show_default=True,
                     help="Of the areas in the database."),
        click.option("--outlines-code", metavar="FIELD",
                     help="Column of the parents' codes [as --parent]."),
        click.option("--outlines-layer", help="Layer of the parents' outlines."),
        click.option("--outlines", type=_PATH,
                     help="File with the parents' outlines; may be FILE itself. Without it, those"
                          " in the database where --level and --parent are given."),
        click.option("--datum", type=click.Choice(["wgs84", "cgcs2000", "gcj02", "bd09"]),
                     help="Datum of the coordinates [wgs84]."),
        click.option("--crs", metavar="EPSG:N", help="Goes before what the file says."),
        click.option("--layer", help="Layer of a vector file."),
        click.option("--parent", metavar="FIELD", help="Column of the code of the area above."),
        click.option("--code", metavar="FIELD", default="code", show_default=True,
                     help="Column of the code."),
        click.option("--level", type=click.Choice(LEVELS), help="Level of the areas."),
    ):
        command = option(command)
    return click.argument("file", type=_PATH)(command)


def read_given(session: Session, values: dict[str, Any]) -> Given:
    """The areas of a command's file, and their parents' outlines where there are any."""
    with step(f"reading {values['file']}"):
        areas = read_outlines(values["file"], values["code"], values["parent"],
                              layer=values["layer"], crs=values["crs"], datum=values["datum"])
    if values["outlines"]:
        field = values["outlines_code"] or values["parent"] or values["code"]
        above = read_outlines(values["outlines"], field, layer=values["outlines_layer"],
                              crs=values["crs"], datum=values["datum"])
        return Given(areas, {key: shape for key, shape in above.faces.items()
                             if shape is not None})
    if values["level"] and values["parent"] and values["level"] != LEVELS[0]:
        above_level = LEVELS[LEVELS.index(values["level"]) - 1]
        return Given(areas, _outlines_in_database(session, values["scheme"], above_level))
    return Given(areas, {})


def _outlines_in_database(session: Session, scheme: str,
                          level: str) -> dict[str, shapely.Geometry]:
    from gis import queries
    from gis.loading.run import owner_connection

    with owner_connection(ready_admin_url(session)) as connection:
        rows = connection.execute(queries.get("outlines_of_level"),
                                  {"scheme": scheme, "level": level}).fetchall()
    if not rows:
        raise InvalidInput(f"the database has no {level} in the scheme {scheme}: load them, or"
                           " name a file with --outlines", field="level")
    return {code: shapely.from_wkb(bytes(shape)) for code, shape in rows}


@click.command(name="areas", context_settings=CONTEXT)
@area_options
@click.option("--out", type=_PATH, help="Write the defects here: .geojson, .gpkg.")
@click.pass_context
@pass_session
def check_areas(session: Session, context: click.Context, **values: Any) -> None:
    """Areas as a coverage: every gap, overlap, edge and shape that is wrong, and where.

    Ends with 1 where there is any.
    """
    given = read_given(session, values)
    with step("looking for defects"):
        defects = check_faces(given.areas.faces, given.areas.parents, given.outlines)
    if values["out"]:
        _write(values["out"], "defects", [one.as_json() for one in defects],
               [one.place for one in defects])
    if values["as_json"]:
        click.echo(json.dumps({"areas": len(given.areas.faces), "counts": _counts(defects),
                               "defects": [one.as_json() for one in defects]},
                              ensure_ascii=False))
    else:
        _say_defects(given, defects)
    if defects:
        context.exit(1)


def _counts(defects: list[Defect]) -> dict[str, int]:
    return dict(sorted(Counter(one.kind for one in defects).items()))


def _say_defects(given: Given, defects: list[Defect]) -> None:
    click.echo(f"{len(given.areas.faces):,} areas, {len(defects):,} defects")
    for note in given.areas.notes:
        click.echo(f"  note: {note}")
    for kind, count in _counts(defects).items():
        click.echo(f"{kind.replace('_', ' ')}: {count:,}")
        for one in [one for one in defects if one.kind == kind][:_SHOWN]:
            click.echo(f"  {one}")
        if count > _SHOWN:
            click.echo(f"  … and {count - _SHOWN:,} more (--json or --out has all)")


@click.group(context_settings=CONTEXT)
def repair() -> None:
    """Propose how what does not fit could; writes files, never the database."""


@repair.command(name="areas", context_settings=CONTEXT)
@area_options
@click.option("--out", type=_PATH, required=True,
              help="Where the repaired areas go: .geojson, .gpkg or .shp. A GeoPackage also gets"
                   " the layers steps, left and outlines.")
@click.option("--gap-width", type=click.FloatRange(min=0), default=50.0, show_default=True,
              metavar="METRES", help="Gaps wider than this stay open and are told.")
@pass_session
def repair_areas(session: Session, **values: Any) -> None:
    """Areas as a seamless coverage, nested in their parents' outlines.

    Says what ground goes where and what is left for a person to decide. No ground goes from one
    parent to another.
    """
    given = read_given(session, values)
    with step("repairing"):
        proposal = repair_faces(given.areas.faces, given.areas.parents, given.outlines,
                                most_gap_width_m=values["gap_width"])
    _write_repair(values["out"], values["code"], given, proposal)
    if values["as_json"]:
        click.echo(json.dumps(_told(proposal), ensure_ascii=False))
    else:
        _say_repair(proposal, values["out"])


def _told(proposal: Repair) -> dict[str, Any]:
    return {"areas": len(proposal.faces), "moved_m2": proposal.moved_m2, "moved": proposal.moved,
            "outlines_moved": proposal.outlines_moved,
            "steps": [one.as_json() for one in proposal.steps],
            "left": [one.as_json() for one in proposal.left]}


def _say_repair(proposal: Repair, out: Path) -> None:
    click.echo(f"{len(proposal.faces):,} areas, {len(proposal.moved):,} changed,"
               f" {proposal.moved_m2:,.0f} m² go to another; written to {out}")
    kinds = Counter(one.kind for one in proposal.steps)
    for kind, count in sorted(kinds.items()):
        area = sum(one.area_m2 for one in proposal.steps if one.kind == kind)
        click.echo(f"{kind.replace('_', ' ')}: {count:,} steps, {area:,.0f} m²")
    for key, area in sorted(proposal.moved.items(), key=lambda one: -one[1])[:_SHOWN]:
        click.echo(f"  {key}: {area:,.1f} m² gained or lost")
    if proposal.left:
        click.echo(f"left for a person to decide: {len(proposal.left):,}")
        for one in proposal.left[:_SHOWN]:
            click.echo(f"  {one}")


def _write_repair(out: Path, code: str, given: Given, proposal: Repair) -> None:
    rows = given.areas.rows.to_dict("records")
    kept = [(row, proposal.faces[key]) for key, row in zip(given.areas.faces, rows, strict=True)
            if key in proposal.faces]
    _write(out, "areas", [row for row, _ in kept], [shape for _, shape in kept])
    if out.suffix.lower() == ".gpkg":
        _write(out, "steps", [one.as_json() for one in proposal.steps],
               [one.place for one in proposal.steps])
        _write(out, "left", [one.as_json() for one in proposal.left],
               [one.place for one in proposal.left])
        _write(out, "outlines", [{code: key} for key in proposal.outlines],
               list(proposal.outlines.values()))


def _write(out: Path, layer: str, rows: list[dict[str, Any]],
           shapes: list[shapely.Geometry]) -> None:
    """One layer; lists become text, geometry is the layer's own."""
    import geopandas

    driver = _DRIVERS.get(out.suffix.lower())
    if driver is None:
        raise InvalidInput(f"{out}: the name must end in one of {', '.join(sorted(_DRIVERS))}",
                           field="out")
    if not rows:
        return
    plain = [{name: ", ".join(value) if isinstance(value, list) else value
              for name, value in row.items() if name != "place"} for row in rows]
    frame = geopandas.GeoDataFrame(plain, geometry=shapes, crs="EPSG:4490")
    options = {"RFC7946": "NO", "COORDINATE_PRECISION": "9"} if driver == "GeoJSON" else {}
    frame.to_file(out, driver=driver, layer=layer, engine="pyogrio", **options)
