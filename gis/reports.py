"""What was sent as a report, checked and brought to one form. No database, no clock of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from gis.codes import Level, parse_as
from gis.errors import (
    FieldProblem,
    InvalidFields,
    InvalidInput,
    NoPlace,
    UnknownCategory,
    UnknownDatum,
)

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
CHANNELS = ("officer", "resident", "property", "hotline", "department", "device", "import")
LONGEST_TEXT = 10_000
LONGEST_ADDRESS = 500
LONGEST_EXTERNAL_ID = 200
MOST_PHOTOS = 9
LONGEST_PHOTO = 2_000
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PICTURE = re.compile(r"https?://|data:image/(png|jpe?g|webp|gif);", re.IGNORECASE)
LARGEST_BATCH = 1_000
WORST_ACCURACY_M = 100_000
BUILDING_CODE_LENGTH = 19
# Clocks of phones run ahead; more than this is no clock error.
CLOCK_ALLOWANCE = timedelta(minutes=5)

Report = dict[str, Any]


def check_report(sent: object, categories: Mapping[str, str], now: datetime) -> Report:
    """Check one report as sent and bring it to the form that the database takes.

    Parameters
    ----------
    sent
        A decoded JSON value; floats may be NaN or infinite, strings may hold lone surrogates.
    categories
        Category code by code and by Chinese name.
    now
        The moment of receipt, with its zone.

    Returns
    -------
    dict
        Fields text, category (its code), lon, lat (degrees in `datum`), datum, accuracy_m,
        address, house_code, channel, external_id, occurred_at (RFC 3339), photos; None where
        not given.

    Raises
    ------
    InvalidFields
        With every field at fault.
    NoPlace
        When all is well but for a place.
    """
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", f"a JSON object is needed, not {_kind(sent)}")])
    faults: list[FieldProblem] = []
    report: Report = {}
    for name, check in _CHECKS.items():
        value = sent.get(name)
        if value is None and name not in _NEEDED:
            report[name] = None
            continue
        try:
            report[name] = check(value, categories, now)
        except InvalidInput as fault:
            faults.append(FieldProblem(name, fault.message))
    if (faults or not _CHECKS.keys() >= sent.keys()
            or (report["lon"] is None) != (report["lat"] is None)):
        _refuse(sent, report, faults)
    report["datum"] = report["datum"] or "wgs84"
    if report["lon"] is None and report["house_code"] is None and report["address"] is None:
        raise NoPlace
    return report


def _refuse(sent: dict[str, Any], report: Report, faults: list[FieldProblem]) -> None:
    """Raise with everything that is wrong; nothing where the slow look finds nothing wrong."""
    unknown = [name for name in sent if name not in _CHECKS]
    faults += [FieldProblem(_printable(name), "there is no such field") for name in unknown]
    for name, other in (("lon", "lat"), ("lat", "lon")):
        if sent.get(name) is None and sent.get(other) is not None:
            faults.append(FieldProblem(name, f"{other} was given without {name}"))
    if _look_swapped(sent):
        faults = [f for f in faults if f.field not in ("lon", "lat")]
        message = (f"lon {sent['lon']} and lat {sent['lat']} look swapped: lon is the easting"
                   " (-180 to 180), lat the northing (-90 to 90)")
        faults += [FieldProblem("lat", message), FieldProblem("lon", message)]
    if faults:
        raise InvalidFields(faults)


def _look_swapped(sent: dict[str, Any]) -> bool:
    lon, lat = sent.get("lon"), sent.get("lat")
    return (_is_number(lon) and _is_number(lat) and 90 < abs(lat) <= 180 and abs(lon) <= 90)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text",
             list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _printable(text: str) -> str:
    return text[:60].encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def check_words(value: object, longest: int) -> str:
    """Text without NUL and lone surrogates, with something in it, and no longer than allowed.

    Raises
    ------
    InvalidInput
        Saying which of these it is.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"text is needed, not {_kind(value)}")
    if len(value) > longest:
        raise InvalidInput(f"{len(value):,} characters are too many: at most {longest:,}")
    if "\0" in value:
        raise InvalidInput("it holds a NUL character (U+0000), which can't be stored")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput("it holds half of a surrogate pair: not valid Unicode") from None
    if not value.strip():
        raise InvalidInput("it is empty")
    return value


def check_number(value: object, least: float, most: float) -> float:
    """A finite number within its bounds, both included.

    Raises
    ------
    InvalidInput
        When it is something else, NaN or infinite, or out of bounds.
    """
    if not _is_number(value):
        raise InvalidInput(f"a number is needed, not {_kind(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(f"{value} is not a finite number")
    if not least <= value <= most:
        raise InvalidInput(f"{value:.12g} is out of range: {least:g} to {most:g}"
                           if abs(value) < 1e300 else f"out of range: {least:g} to {most:g}")
    return float(value)


def check_time(value: object, now: datetime) -> str:
    """A moment with its offset, not in the future; as RFC 3339.

    Raises
    ------
    InvalidInput
        When it can't be read so.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"a time such as 2026-11-22T08:30:00+08:00 is needed, not"
                           f" {_kind(value)}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput("it can't be read: RFC 3339 is needed, such as"
                           " 2026-11-22T08:30:00+08:00") from None
    if moment.tzinfo is None:
        raise InvalidInput("its offset is missing: write it as 2026-11-22T08:30:00+08:00")
    try:
        ahead = moment - now
    except OverflowError:
        raise InvalidInput("it is too far from now") from None
    if ahead > CLOCK_ALLOWANCE:
        raise InvalidInput(f"it lies in the future: now it is {now.isoformat('T', 'seconds')}")
    return moment.isoformat()


def _text(value: object, categories: Mapping[str, str], now: datetime) -> str:
    return check_words(value, LONGEST_TEXT)


def _category(value: object, categories: Mapping[str, str], now: datetime) -> str:
    code = categories.get(value) if isinstance(value, str) else None
    if code is None:
        if value is None or isinstance(value, str):
            raise UnknownCategory(_printable(value) if value else value)
        raise InvalidInput(f"text is needed, not {_kind(value)}")
    return code


def _lon(value: object, categories: Mapping[str, str], now: datetime) -> float:
    return check_number(value, -180, 180)


def _lat(value: object, categories: Mapping[str, str], now: datetime) -> float:
    return check_number(value, -90, 90)


def _datum(value: object, categories: Mapping[str, str], now: datetime) -> str:
    if value not in DATUMS:
        raise UnknownDatum(_printable(value) if isinstance(value, str) else value)
    return value


def _accuracy(value: object, categories: Mapping[str, str], now: datetime) -> float:
    return check_number(value, 0, WORST_ACCURACY_M)


def _address(value: object, categories: Mapping[str, str], now: datetime) -> str:
    return check_words(value, LONGEST_ADDRESS).strip()


def _house_code(value: object, categories: Mapping[str, str], now: datetime) -> str:
    code = check_words(value, 64)
    # A building's code is a place too, coarser by a flat.
    level = Level.BUILDING if len(code) == BUILDING_CODE_LENGTH else Level.HOUSE
    return str(parse_as(code, level, "house_code"))


def _channel(value: object, categories: Mapping[str, str], now: datetime) -> str:
    if value is None:
        raise InvalidInput(f"it is missing: use one of {', '.join(CHANNELS)}")
    if value not in CHANNELS:
        given = _printable(value) if isinstance(value, str) else _kind(value)
        raise InvalidInput(f"{given} is no channel: use one of {', '.join(CHANNELS)}")
    return value


def _external_id(value: object, categories: Mapping[str, str], now: datetime) -> str:
    return check_words(value, LONGEST_EXTERNAL_ID)


def _occurred_at(value: object, categories: Mapping[str, str], now: datetime) -> str:
    return check_time(value, now)


def _photos(value: object, categories: Mapping[str, str], now: datetime) -> list[str]:
    if not isinstance(value, list):
        raise InvalidInput(f"a list of addresses is needed, not {_kind(value)}")
    if len(value) > MOST_PHOTOS:
        raise InvalidInput(f"{len(value)} are too many: at most {MOST_PHOTOS}")
    photos = [check_words(photo, LONGEST_PHOTO) for photo in value]
    # Nothing here ever asks for them; whoever opens one gets a picture, and runs nothing.
    if any(_SCHEME.match(photo) and not _PICTURE.match(photo) for photo in photos):
        raise InvalidInput("an address with http, https or data:image/ is needed, or a path")
    return photos


_CHECKS: dict[str, Callable[[object, Mapping[str, str], datetime], Any]] = {
    "text": _text, "category": _category, "lon": _lon, "lat": _lat, "datum": _datum,
    "accuracy_m": _accuracy, "address": _address, "house_code": _house_code,
    "channel": _channel, "external_id": _external_id, "occurred_at": _occurred_at,
    "photos": _photos,
}
_NEEDED = frozenset({"text", "category", "channel"})
