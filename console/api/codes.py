"""``GET /api/codes/{code}``: what a code says, or which part of it is wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path

from gis import codes

router = APIRouter(prefix="/api/codes", tags=["library"])


@router.get("/{code}")
async def code(code: Annotated[str, Path(max_length=60)]) -> dict[str, Any]:
    """A code's level and parts, each with what is wrong with it; `valid` when nothing is.

    Fifteen digits read as a grid and as a unit grid of CJ/T 213: `levels` has both.
    """
    level = codes.level_of(code)
    if level is None:
        return {"code": code, "valid": False, "level": None, "levels": [], "parts": [],
                "problems": [codes.length_problem(code)], "words": None}
    problems = codes.problems(code, level)
    return {"code": code, "valid": not problems, "level": level,
            "levels": list(codes.readings(code)),
            "parts": [asdict(part) for part in codes.told_parts(code, level)],
            "problems": problems, "words": None if problems else codes.explain(code)}
