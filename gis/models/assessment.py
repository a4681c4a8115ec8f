"""Assessment: counts kept up to date from what happened, and how they become a score."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    Index,
    Integer,
    SmallInteger,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gis.models.base import Base, Code, key, refers, scope_ids_column


class IncidentArea(Base):
    """Under which areas an incident lies, one row each; the identity 0 stands for the whole.

    What the desks list from, in the order of an index, at any level and however long the past:
    an array of areas can be searched, but not in an order, and under row-level security not by
    an index at all. Kept by `fold_matters`; merged incidents have no rows.
    """

    __tablename__ = "incident_area"
    __table_args__ = (
        Index("incident_area_list_idx", "identity_id", "open", "received_at", "incident_id",
              postgresql_include=["class_rank", "state"]),
        Index("incident_area_lane_idx", "identity_id", "state", "clock_at", "incident_id",
              postgresql_where="open"),
        Index("incident_area_clock_idx", "identity_id", "clock_at", "incident_id",
              postgresql_where="clock_at IS NOT NULL"),
    )
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    identity_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    received_at: Mapped[datetime]
    open: Mapped[bool] = mapped_column(Boolean)
    class_rank: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(Code)
    clock_at: Mapped[datetime | None]


class AssessmentFact(Base):
    """What one incident adds to the counts, as last counted. Merged incidents have none.

    `clock_at` is the deadline of an open matter whose clock runs; `due_at` is the same until
    it has been counted as overdue. `closed_rank` is the tier that solved it, 0 for the grid.
    It counts for the areas of `scope_ids`; those of `assist_ids` only share in it and have it
    in their lists.
    """

    __tablename__ = "assessment_fact"
    __table_args__ = (
        Index("assessment_fact_due_at_idx", "due_at", postgresql_where="due_at IS NOT NULL"),
        Index(None, "officer_id", "open", "received_at", "incident_id"),
    )
    incident_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    received_at: Mapped[datetime]
    day: Mapped[date] = mapped_column(Date)
    scope_ids: Mapped[list[int]] = scope_ids_column()
    officer_id: Mapped[int | None] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    class_rank: Mapped[int] = mapped_column(SmallInteger)
    service: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(Code)
    open: Mapped[bool] = mapped_column(Boolean)
    solved: Mapped[bool] = mapped_column(Boolean)
    on_time: Mapped[bool] = mapped_column(Boolean)
    late: Mapped[bool] = mapped_column(Boolean)
    overdue: Mapped[bool] = mapped_column(Boolean)
    closed_rank: Mapped[int | None] = mapped_column(SmallInteger)
    reopened: Mapped[bool] = mapped_column(Boolean)
    returned: Mapped[bool] = mapped_column(Boolean)
    rating: Mapped[float | None] = mapped_column(Float)
    verify_s: Mapped[int | None] = mapped_column(Integer)
    dispatch_s: Mapped[int | None] = mapped_column(Integer)
    handle_s: Mapped[int | None] = mapped_column(Integer)
    check_s: Mapped[int | None] = mapped_column(Integer)
    whole_s: Mapped[int | None] = mapped_column(Integer)
    clock_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    assist_ids: Mapped[list[int]] = scope_ids_column()


class AssessmentCount(Base):
    """Counts of the incidents received in a day, a month, or ever, by who answers and class.

    `subject` is a level of areas, `whole`, `officer` or `unit`; `key_id` is its number. Sums of
    `assessment_fact`, kept by the difference that each change makes.
    """

    __tablename__ = "assessment_count"
    subject: Mapped[str] = mapped_column(Code, primary_key=True)
    grain: Mapped[str] = mapped_column(Code, primary_key=True)
    starts: Mapped[date] = mapped_column(Date, primary_key=True)
    key_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    class_rank: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    service: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    reported: Mapped[int] = mapped_column(Integer)
    open: Mapped[int] = mapped_column(Integer)
    overdue: Mapped[int] = mapped_column(Integer)
    solved: Mapped[int] = mapped_column(Integer)
    rejected: Mapped[int] = mapped_column(Integer)
    on_time: Mapped[int] = mapped_column(Integer)
    late: Mapped[int] = mapped_column(Integer)
    in_grid: Mapped[int] = mapped_column(Integer)
    in_community: Mapped[int] = mapped_column(Integer)
    in_street: Mapped[int] = mapped_column(Integer)
    reopened: Mapped[int] = mapped_column(Integer)
    returned: Mapped[int] = mapped_column(Integer)
    rated: Mapped[int] = mapped_column(Integer)
    rating_sum: Mapped[float] = mapped_column(Float)


class AssessmentTime(Base):
    """How many solved incidents took how long from end to end: a histogram that adds up.

    Bucket b ≥ 1 holds [120 · 2^((b−1)/2), 120 · 2^(b/2)) seconds, bucket 0 what is shorter
    than two minutes.
    """

    __tablename__ = "assessment_time"
    subject: Mapped[str] = mapped_column(Code, primary_key=True)
    grain: Mapped[str] = mapped_column(Code, primary_key=True)
    starts: Mapped[date] = mapped_column(Date, primary_key=True)
    key_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    bucket: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    solved: Mapped[int] = mapped_column(Integer)


class AssessmentHead(Base):
    """Up to which event the counts have come."""

    __tablename__ = "assessment_head"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)


class ScorePart(Base):
    """A part of the score: its weight, and what counts as full marks; a city's own to set."""

    __tablename__ = "score_part"
    __table_args__ = (CheckConstraint("weight >= 0", name="weight"),)
    subject: Mapped[str] = mapped_column(Code, primary_key=True)
    part: Mapped[str] = mapped_column(Code, primary_key=True)
    weight: Mapped[float] = mapped_column(Float)
    target: Mapped[float] = mapped_column(Float)


class StarRule(Base):
    """The least score for a number of stars."""

    __tablename__ = "star_rule"
    stars: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    least: Mapped[float] = mapped_column(Float)


class Rating(Base):
    """How content somebody was with how a matter was handled, 1 to 5. Append-only."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        Index(None, "incident_id"),
    )
    id: Mapped[int] = key()
    incident_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    reporter: Mapped[bool] = mapped_column(Boolean)
    score: Mapped[int] = mapped_column(SmallInteger)
    note: Mapped[str | None]


class FieldWork(Base):
    """What an officer did outside in an area on a day: patrols (巡查) and visits (走访)."""

    __tablename__ = "field_work"
    __table_args__ = (
        CheckConstraint("patrols >= 0 AND visits >= 0 AND distance_m >= 0", name="amounts"),
        Index(None, "area_identity_id"),
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    officer_id: Mapped[int] = refers("officer.id", primary_key=True)
    area_identity_id: Mapped[int] = refers("area_identity.id", primary_key=True)
    patrols: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    visits: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    distance_m: Mapped[float] = mapped_column(Float, server_default=text("0"))
