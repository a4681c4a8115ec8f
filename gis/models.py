"""The tables, as GeoAlchemy2 models; the database is migrated to equal them.

Geometry is EPSG:4490 (CGCS2000, lon/lat) on a grid of 1e-9 degrees. `scope_ids` are the stable
identities of all areas, of every scheme and level, under which a row lies: what row-level
security compares with the areas of whoever is asking.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    Time,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Code = Text(collation="C")
Instant = DateTime(timezone=True)


class Base(DeclarativeBase):
    """Common ground of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map = {
        str: Text,
        datetime: Instant,
        list[int]: ARRAY(BigInteger),
        dict[str, Any]: JSONB,
        bytes: LargeBinary,
    }


def _key() -> Mapped[int]:
    return mapped_column(BigInteger, Identity(), primary_key=True)


def _refers(column: str, **options: Any) -> Mapped[Any]:
    return mapped_column(BigInteger, ForeignKey(column), **options)


def _scope_ids() -> Mapped[list[int]]:
    return mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))


class CitySetting(Base):
    """What differs from city to city and the database itself must know."""

    __tablename__ = "city_setting"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)


class Scheme(Base):
    """One way of cutting the ground (专业网格); active once it has areas."""

    __tablename__ = "scheme"
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    rank: Mapped[int] = mapped_column(Integer, server_default="100")
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class AreaIdentity(Base):
    """An area as a lasting thing, whatever its boundary at the moment."""

    __tablename__ = "area_identity"
    __table_args__ = (UniqueConstraint("scheme", "level", "code"),)
    id: Mapped[int] = _key()
    scheme: Mapped[str] = mapped_column(Code, ForeignKey("scheme.code"))
    level: Mapped[str] = mapped_column(Code)
    code: Mapped[str] = mapped_column(Code)


class Area(Base):
    """One version of an area, valid over `period`.

    `leaf` areas (no child in their scheme now) answer for points. `ancestor_ids` are identities
    from the top down to the area itself; `path` is the same as shown to people.
    """

    __tablename__ = "area"
    __table_args__ = (
        CheckConstraint(
            "level IN ('city', 'district', 'street', 'community', 'grid')", name="level"
        ),
        ExcludeConstraint(
            ("scheme", "="),
            ("level", "="),
            ("code", "="),
            ("period", "&&"),
            name="area_one_version_at_a_time",
        ),
        Index("area_leaf_geom_idx", "geom", postgresql_using="gist", postgresql_where="leaf"),
        Index("area_geom_3857_idx", "geom_3857", postgresql_using="gist"),
        Index(None, "code"),
        Index(None, "parent_id"),
        Index(None, "identity_id"),
    )
    id: Mapped[int] = _key()
    identity_id: Mapped[int] = _refers("area_identity.id")
    scheme: Mapped[str] = mapped_column(Code)
    level: Mapped[str] = mapped_column(Code)
    code: Mapped[str] = mapped_column(Code)
    name: Mapped[str]
    parent_id: Mapped[int | None] = _refers("area_identity.id", nullable=True)
    ancestor_ids: Mapped[list[int]] = _scope_ids()
    path: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    leaf: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    period: Mapped[Any] = mapped_column(
        TSTZRANGE, server_default=text("tstzrange('-infinity', NULL)")
    )
    registered_residents: Mapped[int | None] = mapped_column(Integer)
    actual_residents: Mapped[int | None] = mapped_column(Integer)
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False))
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", 3857, spatial_index=False),
        Computed("st_transform(geom, 3857)", persisted=True),
    )


class Building(Base):
    """A building: footprint, floors, height. Its code is for life."""

    __tablename__ = "building"
    __table_args__ = (
        Index("building_geom_idx", "geom", postgresql_using="gist"),
        Index("building_geom_3857_idx", "geom_3857", postgresql_using="gist"),
    )
    id: Mapped[int] = _key()
    building_code: Mapped[str | None] = mapped_column(Code, unique=True)
    name: Mapped[str | None]
    kind: Mapped[str | None]
    compound: Mapped[str | None]
    road: Mapped[str | None]
    road_number: Mapped[str | None]
    floors: Mapped[int | None] = mapped_column(Integer)
    height_m: Mapped[float | None] = mapped_column(Float)
    scope_ids: Mapped[list[int]] = _scope_ids()
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False))
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", 3857, spatial_index=False),
        Computed("st_transform(geom, 3857)", persisted=True),
    )


class Address(Base):
    """A standard address; with a house code where one has been given."""

    __tablename__ = "address"
    __table_args__ = (
        Index("address_geom_idx", "geom", postgresql_using="gist"),
        Index("address_text_idx", "text", postgresql_using="hash"),
        Index(None, "building_id"),
    )
    id: Mapped[int] = _key()
    house_code: Mapped[str | None] = mapped_column(Code, unique=True)
    building_id: Mapped[int | None] = _refers("building.id", nullable=True)
    text: Mapped[str]
    road: Mapped[str | None]
    road_number: Mapped[str | None]
    compound: Mapped[str | None]
    building_number: Mapped[str | None]
    unit: Mapped[str | None]
    floor: Mapped[str | None]
    room: Mapped[str | None]
    scope_ids: Mapped[list[int]] = _scope_ids()
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4490, spatial_index=False))


class Ground(Base):
    """What lies between the buildings: roads, water, green; the basemap."""

    __tablename__ = "ground"
    __table_args__ = (Index("ground_geom_3857_idx", "geom_3857", postgresql_using="gist"),)
    id: Mapped[int] = _key()
    kind: Mapped[str]
    road_class: Mapped[str | None]
    name: Mapped[str | None]
    width_m: Mapped[float | None] = mapped_column(Float)
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4490, spatial_index=False))
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("GEOMETRY", 3857, spatial_index=False),
        Computed("st_transform(geom, 3857)", persisted=True),
    )


class Line(Base):
    """A line of work (条线): safety, fire, environment, …"""

    __tablename__ = "line"
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]


class Category(Base):
    """A class or sub-class of matters. `class_rank` orders the classes and is their number."""

    __tablename__ = "category"
    __table_args__ = (CheckConstraint("kind IN ('service', 'control')", name="kind"),)
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(Code, ForeignKey("category.code"))
    name: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    line_code: Mapped[str | None] = mapped_column(Code, ForeignKey("line.code"))
    kind: Mapped[str] = mapped_column(server_default="service")
    urgency: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    emergency: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    limit_hours: Mapped[float] = mapped_column(Float, server_default="120")
    class_rank: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class Unit(Base):
    """A station, team or department that handles matters."""

    __tablename__ = "unit"
    id: Mapped[int] = _key()
    unit_code: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    area_identity_id: Mapped[int | None] = _refers("area_identity.id", nullable=True)
    categories: Mapped[list[str]] = mapped_column(ARRAY(Code), server_default=text("'{}'"))


class Officer(Base):
    """A grid officer (网格员), or anyone else who can be posted."""

    __tablename__ = "officer"
    id: Mapped[int] = _key()
    officer_code: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str]
    phone: Mapped[str | None]


class Shift(Base):
    """Hours of a week; `ends` before `starts` runs over midnight, equal to it is all day."""

    __tablename__ = "shift"
    code: Mapped[str] = mapped_column(Code, primary_key=True)
    name: Mapped[str]
    weekdays: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), server_default=text("'{1,2,3,4,5,6,7}'")
    )
    starts: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)


class Duty(Base):
    """A posting (值守) of an officer to an area or a single building, in a role.

    No line is for all matters; no shift is around the clock.
    """

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint("(area_identity_id IS NULL) <> (building_id IS NULL)", name="one_place"),
        CheckConstraint(
            "role IN ('head', 'full_time', 'part_time', 'adviser', 'assistant')", name="role"
        ),
        Index(None, "area_identity_id"),
        Index("duty_building_id_idx", "building_id", postgresql_where="building_id IS NOT NULL"),
        Index(None, "officer_id"),
    )
    id: Mapped[int] = _key()
    officer_id: Mapped[int] = _refers("officer.id")
    area_identity_id: Mapped[int | None] = _refers("area_identity.id", nullable=True)
    building_id: Mapped[int | None] = _refers("building.id", nullable=True)
    role: Mapped[str]
    line_code: Mapped[str | None] = mapped_column(Code, ForeignKey("line.code"))
    shift_code: Mapped[str | None] = mapped_column(Code, ForeignKey("shift.code"))
    period: Mapped[Any] = mapped_column(
        TSTZRANGE, server_default=text("tstzrange('-infinity', NULL)")
    )
    scope_ids: Mapped[list[int]] = _scope_ids()


class ChoiceOrder(Base):
    """The order in which criteria choose among those posted; a city's own to set."""

    __tablename__ = "choice_order"
    criterion: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(SmallInteger)


class RoleOrder(Base):
    """The order of roles when they are compared; a role without a row never answers."""

    __tablename__ = "role_order"
    role: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(SmallInteger)


class Account(Base):
    """Who may sign in, or act by token; `whole` sees everything."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "role IN ('hall', 'street', 'community', 'officer', 'department', 'planner',"
            " 'intake', 'admin')",
            name="role",
        ),
    )
    id: Mapped[int] = _key()
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    whole: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    password_salt: Mapped[bytes | None]
    password_verifier: Mapped[bytes | None]
    officer_id: Mapped[int | None] = _refers("officer.id", nullable=True)
    unit_id: Mapped[int | None] = _refers("unit.id", nullable=True)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AccountArea(Base):
    """An area, with all that lies under it, that an account stands for."""

    __tablename__ = "account_area"
    account_id: Mapped[int] = _refers("account.id", primary_key=True)
    area_identity_id: Mapped[int] = _refers("area_identity.id", primary_key=True)


class Credential(Base):
    """The hash of a session's or a token's secret; the secret itself is kept nowhere."""

    __tablename__ = "credential"
    __table_args__ = (
        CheckConstraint("kind IN ('session', 'token')", name="kind"),
        Index(None, "account_id"),
    )
    secret_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = _refers("account.id")
    kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ScopeKey(Base):
    """The key with which the database signs the scope it has set; nobody else reads it."""

    __tablename__ = "scope_key"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    key: Mapped[bytes]


class Report(Base):
    """What came in, never altered. `lon`, `lat` as received in `datum`; `geom` where drawn."""

    __tablename__ = "report"
    __table_args__ = (
        Index(
            "report_external_id_key",
            "caller_id",
            "channel",
            "external_id",
            unique=True,
            postgresql_where="external_id IS NOT NULL",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("datum IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')", name="datum"),
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="both_coordinates"),
        CheckConstraint(
            "lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="coordinates"
        ),
        # One drawn in a desktop GIS: neither empty nor off the earth.
        CheckConstraint(
            "geom IS NULL OR coalesce(ST_X(geom) BETWEEN -180 AND 180"
            " AND ST_Y(geom) BETWEEN -90 AND 90, false)",
            name="drawn",
        ),
        CheckConstraint("accuracy_m >= 0 AND accuracy_m <= 100000", name="accuracy"),
        CheckConstraint(
            "channel IN ('officer', 'resident', 'property', 'hotline', 'department',"
            " 'device', 'import')",
            name="channel",
        ),
        CheckConstraint(
            "lon IS NOT NULL OR geom IS NOT NULL OR house_code IS NOT NULL"
            " OR address IS NOT NULL",
            name="a_place",
        ),
    )
    id: Mapped[int] = _key()
    received_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    occurred_at: Mapped[datetime | None]
    channel: Mapped[str] = mapped_column(server_default="import")
    external_id: Mapped[str | None]
    caller_id: Mapped[int | None] = _refers("account.id", nullable=True)
    category_code: Mapped[str] = mapped_column(Code, ForeignKey("category.code"))
    text: Mapped[str] = mapped_column(server_default="")
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    datum: Mapped[str] = mapped_column(server_default="wgs84")
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    address: Mapped[str | None]
    house_code: Mapped[str | None] = mapped_column(Code)
    photos: Mapped[Any | None] = mapped_column(JSONB)
    geom: Mapped[Any | None] = mapped_column(Geometry("POINT", 4490, spatial_index=False))


class Incident(Base):
    """The matter being handled; it takes the number of the report that opened it.

    A cache of its steps, rebuilt from them at any time.
    """

    __tablename__ = "incident"
    __table_args__ = (
        Index(None, "received_at"),
        Index("incident_open_idx", "id", postgresql_where="closed_at IS NULL"),
        Index(None, "closed_at"),
        Index(None, "grid_id", "received_at"),
    )
    id: Mapped[int] = _refers("report.id", primary_key=True, autoincrement=False)
    received_at: Mapped[datetime]
    category_code: Mapped[str] = mapped_column(Code)
    class_rank: Mapped[int] = mapped_column(SmallInteger)
    summary: Mapped[str]
    state: Mapped[str]
    tier: Mapped[str]
    urgency: Mapped[int] = mapped_column(SmallInteger)
    emergency: Mapped[bool] = mapped_column(Boolean)
    geom: Mapped[Any | None] = mapped_column(Geometry("POINT", 4490, spatial_index=False))
    grid_id: Mapped[int | None] = mapped_column(BigInteger)
    officer_id: Mapped[int | None] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    scope_ids: Mapped[list[int]] = _scope_ids()
    step_count: Mapped[int] = mapped_column(Integer)
    verified_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    stage_deadline_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger)


class Step(Base):
    """One step of an incident. Append-only; each carries the hash of the one before.

    `note_digest` and `target_digest` stay when the fields themselves are lawfully erased.
    """

    __tablename__ = "step"
    incident_id: Mapped[int] = _refers("incident.id", primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    action: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_role: Mapped[str]
    tier: Mapped[str]
    state: Mapped[str]
    note: Mapped[str | None]
    target: Mapped[str | None]
    until: Mapped[datetime | None]
    stage_deadline_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    note_digest: Mapped[bytes]
    target_digest: Mapped[bytes]
    previous_hash: Mapped[bytes | None]
    hash: Mapped[bytes]


class Assignment(Base):
    """Whose ground a report lies on in one scheme, who answers for it, and the facts why."""

    __tablename__ = "assignment"
    incident_id: Mapped[int] = _refers("report.id", primary_key=True)
    scheme: Mapped[str] = mapped_column(Code, primary_key=True)
    area_id: Mapped[int | None] = mapped_column(BigInteger)
    officer_id: Mapped[int | None] = mapped_column(BigInteger)
    officer_role: Mapped[str | None]
    how: Mapped[str]
    distance_m: Mapped[float | None] = mapped_column(Float)
    rivals: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    facts: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))


class EventPending(Base):
    """The outbox: written in the transaction that changes something, numbered after it."""

    __tablename__ = "event_pending"
    id: Mapped[int] = _key()
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    kind: Mapped[str]
    scope_ids: Mapped[list[int]] = _scope_ids()
    payload: Mapped[str]


class Event(Base):
    """The outbox's committed rows in the one order that all readers share."""

    __tablename__ = "event"
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    scope_ids: Mapped[list[int]] = _scope_ids()
    payload: Mapped[str]


class EventHead(Base):
    """The last number given, and the epoch: a new one after each restore."""

    __tablename__ = "event_head"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    epoch: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Audit(Base):
    """Who did what, to what, from where. Append-only."""

    __tablename__ = "audit"
    id: Mapped[int] = _key()
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str]
    subject: Mapped[str]
    origin: Mapped[str | None]
    detail: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
