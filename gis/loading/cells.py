"""Single values out of files: text, numbers, moments; a fault says what would be right."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from gis.errors import InvalidInput

_DATE_ORDERS = {
    "ymd": re.compile(r"(?P<y>\d{4})\D(?P<m>\d{1,2})\D(?P<d>\d{1,2})"),
    "mdy": re.compile(r"(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4})"),
    "dmy": re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})"),
}
_TIME = re.compile(r"(?P<h>\d{1,2})[:时](?P<m>\d{1,2})(?:[:分](?P<s>\d{1,2})?)?(?:\.\d+)?秒?"
                   r"\s*(?P<half>[AaPp][Mm])?")


def words(value: Any) -> str | None:
    """Text without blanks around it; None where there is nothing. Whole numbers lose their .0.

    >>> words(" 12 "), words(12.0), words(float("nan"))
    ('12', '12', None)
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            return None
        value = int(value) if value == int(value) else value
    text = str(value).strip()
    if "\0" in text:
        raise InvalidInput("the text holds a NUL character, which can't be stored")
    return text or None


def number(value: Any) -> float | None:
    """A finite number; None where there is nothing.

    Raises
    ------
    InvalidInput
        Where something stands that is none.
    """
    text = words(value)
    if text is None:
        return None
    try:
        found = float(unicodedata.normalize("NFKC", text).replace(",", ""))
    except ValueError:
        raise InvalidInput(f"{text!r:.40} is no number") from None
    if not math.isfinite(found):
        raise InvalidInput(f"{text!r:.40} is no finite number")
    return found


def whole(value: Any) -> int | None:
    """A whole number; None where there is nothing."""
    found = number(value)
    if found is not None and found != int(found):
        raise InvalidInput(f"{value!r:.40} is no whole number")
    return None if found is None else int(found)


def ordinates(values: pd.Series) -> np.ndarray:
    """A column as float64: NaN where nothing or no number stands; infinities stay."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def zone(name: str) -> ZoneInfo:
    """A time zone by its name in the tz database."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(f"there is no time zone {name!r}: give one such as Asia/Shanghai",
                           field="time_zone") from None


def date_order(values: list[Any]) -> str:
    """In which order the dates of a column are written: ymd, mdy or dmy.

    Raises
    ------
    InvalidInput
        When the values leave it open, or contradict each other.
    """
    orders = set(_DATE_ORDERS)
    for value in values:
        text = words(value)
        if text is None or isinstance(value, date | np.datetime64):
            continue
        if _DATE_ORDERS["ymd"].match(text):
            orders &= {"ymd"}
        elif found := _DATE_ORDERS["mdy"].match(text):
            orders -= {"ymd"}
            orders -= {"mdy"} if int(found["m"]) > 12 else set()
            orders -= {"dmy"} if int(found["d"]) > 12 else set()
    if orders == {"mdy", "dmy"} or not orders:
        raise InvalidInput(
            "the dates can be read with the day first or the month first: say which with"
            " --date-order dmy or mdy", field="date_order")
    return min(orders, key=["ymd", "mdy", "dmy"].index)


def moment(value: Any, time_of_day: Any, order: str, local: ZoneInfo) -> datetime | None:
    """A moment from one value, or from a date and a time of day beside it.

    Parameters
    ----------
    value
        A date, a datetime, text in ``order`` with or without a time, or RFC 3339.
    time_of_day
        None, or the time that goes with the date.
    order
        ymd, mdy or dmy.
    local
        The zone of what has no offset of its own.

    Returns
    -------
    datetime
        With a zone; None where `value` is empty.
    """
    found = _datetime(value, order)
    if found is None:
        return None
    if time_of_day is not None and words(time_of_day) is not None:
        found = datetime.combine(found.date(), time(), found.tzinfo) + _time(time_of_day)
    return found if found.tzinfo else found.replace(tzinfo=local)


def _datetime(value: Any, order: str) -> datetime | None:
    if isinstance(value, pd.Timestamp):
        return None if pd.isna(value) else value.to_pydatetime(warn=False)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    text = words(value)
    if text is None:
        return None
    if order == "ymd":
        try:
            return datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            pass
    found = _DATE_ORDERS[order].match(text)
    if not found:
        raise InvalidInput(f"{text!r:.40} is no date: write it as 2026-01-31 or 2026-01-31T08:30")
    try:
        day = datetime(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        raise InvalidInput(f"{text!r:.40} is no day of the calendar") from None
    rest = text[found.end():].strip("日T ")
    return day + _time(rest) if rest else day


def _time(value: Any) -> timedelta:
    if isinstance(value, time):
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, timedelta):
        return value
    text = words(value) or ""
    found = _TIME.fullmatch(text)
    hour = int(found["h"]) if found else 99
    if found and found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    if not found or hour > 23 or int(found["m"]) > 59:
        raise InvalidInput(f"{text!r:.40} is no time of day: write it as 08:30")
    return timedelta(hours=hour, minutes=int(found["m"]), seconds=int(found["s"] or 0))
