"""What a desk touches after a year of 500,000 matters, against five weeks of the same pace.

Opening, filtering and drilling, as a street centre and as the hall, through the application's
own routes. Pages are those that PostgreSQL counts, not time.
"""

from __future__ import annotations

from bench.report import Context, Row
from bench.year_peers import compare, place_of

LANES = ("open", "verify", "work", "late", "finished")


def run(context: Context) -> list[Row]:
    """The desk of the busiest street, and the hall's."""
    street = place_of(context, "street")
    community = place_of(context, "community", under=street)
    grid = place_of(context, "grid", under=community)
    drill = [(f"{who}: {name}", f"/api/desk/{part}?{at}")
             for who, at in (("opening", ""), ("drilling to a community", f"area={community}"),
                             ("drilling to a grid", f"area={grid}"))
             for name, part in (("numbers", "place"), ("inbox", "incidents"),
                                ("officers", "duty"), ("points", "points"))]
    narrow = [(f"filtering: {lane}", f"/api/desk/incidents?lane={lane}") for lane in LANES]
    narrow += [("filtering: a class", "/api/desk/incidents?class=2"),
               ("filtering: finished of a class", "/api/desk/incidents?lane=finished&class=2"),
               ("filtering: words", "/api/desk/incidents?q=消防"),
               ("filtering: words among the finished", "/api/desk/incidents?lane=finished&q=消防"),
               ("the newest first", "/api/desk/incidents?sort=at"),
               ("export of a community", f"/api/desk/export.csv?area={community}"),
               ("API: a page of a community", f"/api/incidents?area={community}&limit=50"),
               ("API: closed of a grid", f"/api/incidents?area={grid}&state=closed&limit=50")]
    return (compare(context, "desk", "street", street, drill + narrow)
            + compare(context, "desk", "hall", None,
                      [(f"hall, {name}", address) for name, address in drill[:4] + narrow]))
