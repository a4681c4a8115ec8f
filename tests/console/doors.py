"""The application's own routes as doors to be walked, with values for their path parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.routing import Route

from tests.console.bodies import (
    BODIES,
    BUILDINGS,
    GRIDS,
    HOUSES,
    NUMBERS,
    OFFICERS,
    PERSONS,
    RASTERS,
    UNITS,
)

# What tells two of a kind apart, beside the codes: each is walked.
KINDS = {"kind": ("csv", "xlsx"),
         "layer": ("areas", "buildings", "ground", "addresses", "incidents", "places", "tracks",
                   "custom:valves"),
         "by": ("grid", "community", "street", "officer", "unit")}


@dataclass(frozen=True)
class Door:
    """A route with one method."""

    method: str
    path: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)", self.path)

    def address(self, whose: int, kind: str | None = None) -> str:
        """The path with its parameters filled in."""
        told = values(self, whose, kind)
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: str(told[found[1]]), self.path)

    def kinds(self) -> tuple[str | None, ...]:
        """Of what kinds it is to be walked."""
        return next((KINDS[name] for name in self.parameters if name in KINDS), (None,))

    def bodies(self, whose: int) -> list[dict | None]:
        """What is sent to it, one after the other."""
        return BODIES[str(self)](whose) if str(self) in BODIES else [None]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def doors(app: object) -> list[Door]:
    """All routes of the application, those of its pages too."""
    return sorted({Door(method, route.path) for route in _routes(app.inner.routes)
                   for method in sorted(route.methods or {"GET"}) if method != "HEAD"}, key=str)


def _routes(routes: list) -> Iterator[Route]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner.routes)
        elif hasattr(route, "methods"):
            yield route


def values(door: Door, whose: int, kind: str | None = None) -> dict[str, object]:
    """Path parameters that name a thing of the own street, of the other, or nothing at all."""
    told: dict[str, object] = {
        "incident_id": NUMBERS[whose], "report_id": NUMBERS[whose], "area_code": GRIDS[whose],
        "person_id": PERSONS[whose], "id": NUMBERS[whose], "number": NUMBERS[whose], "z": 14,
        "draft_id": NUMBERS[whose], "publication_id": NUMBERS[whose],
        "name": RASTERS[whose], "job_id": "no-such-job", "seed": 0, "version": "none",
        # The tile in which the middle of the grid lies.
        "x": 13653 + whose, "y": 6759, "code": GRIDS[whose], "path": "nothing.js",
    } | {name: kind or kinds[0] for name, kinds in KINDS.items()}
    if "buildings/" in door.path:
        told["code"] = BUILDINGS[whose]
    if "houses/" in door.path:
        told["code"] = HOUSES[whose]
    if "{by}" in door.path:
        told["code"] = {"community": GRIDS[whose][:12], "street": GRIDS[whose][:9],
                        "officer": OFFICERS[whose], "unit": UNITS[whose]}.get(kind, GRIDS[whose])
    return {name: told[name] for name in door.parameters}
