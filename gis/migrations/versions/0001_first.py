"""The first schema: areas, places, officers, reports and their doors."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GUARDED = (
    "area", "building", "address", "officer", "duty", "report", "incident", "step",
    "assignment", "event", "event_pending", "account", "account_area", "credential",
    "scope_key", "audit",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
    )
    op.create_geospatial_table(
        "building",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("building_code", sa.Text(collation="C"), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("compound", sa.Text(), nullable=True),
        sa.Column("road", sa.Text(), nullable=True),
        sa.Column("road_number", sa.Text(), nullable=True),
        sa.Column("floors", sa.Integer(), nullable=True),
        sa.Column("height_m", sa.Float(), nullable=True),
        sa.Column(
            "scope_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("building_pkey")),
        sa.UniqueConstraint("building_code", name=op.f("building_building_code_key")),
    )
    op.create_geospatial_index(
        "building_geom_3857_idx",
        "building",
        ["geom_3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_index(
        "building_geom_idx",
        "building",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "choice_order",
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("criterion", name=op.f("choice_order_pkey")),
    )
    op.create_table(
        "city_setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("city_setting_pkey")),
    )
    op.create_table(
        "event",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "scope_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("event_pkey")),
    )
    op.create_table(
        "event_head",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("event_head_pkey")),
    )
    op.create_table(
        "event_pending",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "scope_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("event_pending_pkey")),
    )
    op.create_geospatial_table(
        "ground",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("road_class", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("width_m", sa.Float(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("ground_pkey")),
    )
    op.create_geospatial_index(
        "ground_geom_3857_idx",
        "ground",
        ["geom_3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "line",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("line_pkey")),
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("officer_pkey")),
        sa.UniqueConstraint("officer_code", name=op.f("officer_officer_code_key")),
    )
    op.create_table(
        "role_order",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("role_order_pkey")),
    )
    op.create_table(
        "scheme",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="100", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("scheme_pkey")),
    )
    op.create_table(
        "scope_key",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("scope_key_pkey")),
    )
    op.create_table(
        "shift",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "weekdays",
            postgresql.ARRAY(sa.SmallInteger()),
            server_default=sa.text("'{1,2,3,4,5,6,7}'"),
            nullable=False,
        ),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("shift_pkey")),
    )
    op.create_geospatial_table(
        "address",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("house_code", sa.Text(collation="C"), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("road", sa.Text(), nullable=True),
        sa.Column("road_number", sa.Text(), nullable=True),
        sa.Column("compound", sa.Text(), nullable=True),
        sa.Column("building_number", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("floor", sa.Text(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column(
            "scope_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("address_building_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("address_pkey")),
        sa.UniqueConstraint("house_code", name=op.f("address_house_code_key")),
    )
    op.create_index(op.f("address_building_id_idx"), "address", ["building_id"], unique=False)
    op.create_geospatial_index(
        "address_geom_idx",
        "address",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index("address_text_idx", "address", ["text"], unique=False, postgresql_using="hash")
    op.create_table(
        "area_identity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scheme", sa.Text(collation="C"), nullable=False),
        sa.Column("level", sa.Text(collation="C"), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme"], ["scheme.code"], name=op.f("area_identity_scheme_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("area_identity_pkey")),
        sa.UniqueConstraint(
            "scheme", "level", "code", name=op.f("area_identity_scheme_level_code_key")
        ),
    )
    op.create_table(
        "category",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("parent_code", sa.Text(collation="C"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("line_code", sa.Text(collation="C"), nullable=True),
        sa.Column("kind", sa.Text(), server_default="service", nullable=False),
        sa.Column("urgency", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("emergency", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("limit_hours", sa.Float(), server_default="120", nullable=False),
        sa.Column("class_rank", sa.SmallInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("kind IN ('service', 'control')", name=op.f("category_kind_check")),
        sa.ForeignKeyConstraint(["line_code"], ["line.code"], name=op.f("category_line_code_fkey")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["category.code"], name=op.f("category_parent_code_fkey")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("category_pkey")),
        sa.UniqueConstraint("name", name=op.f("category_name_key")),
    )
    op.create_geospatial_table(
        "area",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.Text(collation="C"), nullable=False),
        sa.Column("level", sa.Text(collation="C"), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "ancestor_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "path",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("leaf", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "period",
            postgresql.TSTZRANGE(),
            server_default=sa.text("tstzrange('-infinity', NULL)"),
            nullable=False,
        ),
        sa.Column("registered_residents", sa.Integer(), nullable=True),
        sa.Column("actual_residents", sa.Integer(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("scheme"), "="),
            (sa.column("level"), "="),
            (sa.column("code"), "="),
            (sa.column("period"), "&&"),
            using="gist",
            name="area_one_version_at_a_time",
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'street', 'community', 'grid')",
            name=op.f("area_level_check"),
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["area_identity.id"], name=op.f("area_identity_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["area_identity.id"], name=op.f("area_parent_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("area_pkey")),
    )
    op.create_index(op.f("area_code_idx"), "area", ["code"], unique=False)
    op.create_geospatial_index(
        "area_geom_3857_idx",
        "area",
        ["geom_3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("area_identity_id_idx"), "area", ["identity_id"], unique=False)
    op.create_geospatial_index(
        "area_leaf_geom_idx",
        "area",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where="leaf",
        postgresql_ops={},
    )
    op.create_index(op.f("area_parent_id_idx"), "area", ["parent_id"], unique=False)
    op.create_table(
        "duty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("area_identity_id", sa.BigInteger(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("line_code", sa.Text(collation="C"), nullable=True),
        sa.Column("shift_code", sa.Text(collation="C"), nullable=True),
        sa.Column(
            "period",
            postgresql.TSTZRANGE(),
            server_default=sa.text("tstzrange('-infinity', NULL)"),
            nullable=False,
        ),
        sa.Column(
            "scope_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role IN ('head', 'full_time', 'part_time', 'adviser', 'assistant')",
            name=op.f("duty_role_check"),
        ),
        sa.CheckConstraint(
            "(area_identity_id IS NULL) <> (building_id IS NULL)", name=op.f("duty_one_place_check")
        ),
        sa.ForeignKeyConstraint(
            ["area_identity_id"], ["area_identity.id"], name=op.f("duty_area_identity_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("duty_building_id_fkey")
        ),
        sa.ForeignKeyConstraint(["line_code"], ["line.code"], name=op.f("duty_line_code_fkey")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("duty_officer_id_fkey")),
        sa.ForeignKeyConstraint(["shift_code"], ["shift.code"], name=op.f("duty_shift_code_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("duty_pkey")),
    )
    op.create_index(op.f("duty_area_identity_id_idx"), "duty", ["area_identity_id"], unique=False)
    op.create_index(
        "duty_building_id_idx",
        "duty",
        ["building_id"],
        unique=False,
        postgresql_where="building_id IS NOT NULL",
    )
    op.create_index(op.f("duty_officer_id_idx"), "duty", ["officer_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area_identity_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "categories",
            postgresql.ARRAY(sa.Text(collation="C")),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["area_identity_id"], ["area_identity.id"], name=op.f("unit_area_identity_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("unit_pkey")),
        sa.UniqueConstraint("unit_code", name=op.f("unit_unit_code_key")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("password_salt", sa.LargeBinary(), nullable=True),
        sa.Column("password_verifier", sa.LargeBinary(), nullable=True),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role IN ('hall', 'street', 'community', 'officer', 'department', 'planner', 'intake', 'admin')",
            name=op.f("account_role_check"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("account_officer_id_fkey")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("account_unit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        sa.UniqueConstraint("name", name=op.f("account_name_key")),
    )
    op.create_table(
        "account_area",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("area_identity_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("account_area_account_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["area_identity_id"],
            ["area_identity.id"],
            name=op.f("account_area_area_identity_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("account_id", "area_identity_id", name=op.f("account_area_pkey")),
    )
    op.create_table(
        "credential",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('session', 'token')", name=op.f("credential_kind_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("credential_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("credential_pkey")),
    )
    op.create_index(op.f("credential_account_id_idx"), "credential", ["account_id"], unique=False)
    op.create_geospatial_table(
        "report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.Text(), server_default="import", nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("caller_id", sa.BigInteger(), nullable=True),
        sa.Column("category_code", sa.Text(collation="C"), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("datum", sa.Text(), server_default="wgs84", nullable=False),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("house_code", sa.Text(collation="C"), nullable=True),
        sa.Column("photos", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["caller_id"], ["account.id"], name=op.f("report_caller_id_fkey")),
        sa.ForeignKeyConstraint(
            ["category_code"], ["category.code"], name=op.f("report_category_code_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("report_pkey")),
    )
    op.create_index(
        "report_external_id_key",
        "report",
        ["caller_id", "channel", "external_id"],
        unique=True,
        postgresql_where="external_id IS NOT NULL",
        postgresql_nulls_not_distinct=True,
    )
    op.create_geospatial_table(
        "incident",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("category_code", sa.Text(collation="C"), nullable=False),
        sa.Column("class_rank", sa.SmallInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("grid_id", sa.BigInteger(), nullable=True),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "scope_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("step_count", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stage_deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_pkey")),
    )
    op.create_index(
        op.f("incident_grid_id_received_at_idx"),
        "incident",
        ["grid_id", "received_at"],
        unique=False,
    )
    op.create_index(
        "incident_open_idx", "incident", ["id"], unique=False, postgresql_where="closed_at IS NULL"
    )
    op.create_index(op.f("incident_received_at_idx"), "incident", ["received_at"], unique=False)
    op.create_index(op.f("incident_closed_at_idx"), "incident", ["closed_at"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.Text(collation="C"), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.Column("officer_role", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("distance_m", sa.Float(), nullable=True),
        sa.Column(
            "rivals",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("incident_id", "scheme", name=op.f("assignment_pkey")),
    )
    op.create_table(
        "step",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stage_deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note_digest", sa.LargeBinary(), nullable=False),
        sa.Column("target_digest", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "number", name=op.f("step_pkey")),
    )
    for table in GUARDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table("step")
    op.drop_table("assignment")
    op.drop_index(op.f("incident_closed_at_idx"), table_name="incident")
    op.drop_index(op.f("incident_received_at_idx"), table_name="incident")
    op.drop_index("incident_open_idx", table_name="incident", postgresql_where="closed_at IS NULL")
    op.drop_index(op.f("incident_grid_id_received_at_idx"), table_name="incident")
    op.drop_geospatial_table("incident")
    op.drop_index(
        "report_external_id_key",
        table_name="report",
        postgresql_where="external_id IS NOT NULL",
        postgresql_nulls_not_distinct=True,
    )
    op.drop_geospatial_table("report")
    op.drop_index(op.f("credential_account_id_idx"), table_name="credential")
    op.drop_table("credential")
    op.drop_table("account_area")
    op.drop_table("account")
    op.drop_table("unit")
    op.drop_index(op.f("duty_officer_id_idx"), table_name="duty")
    op.drop_index(
        "duty_building_id_idx", table_name="duty", postgresql_where="building_id IS NOT NULL"
    )
    op.drop_index(op.f("duty_area_identity_id_idx"), table_name="duty")
    op.drop_table("duty")
    op.drop_index(op.f("area_parent_id_idx"), table_name="area")
    op.drop_geospatial_index(
        "area_leaf_geom_idx",
        table_name="area",
        postgresql_using="gist",
        postgresql_where="leaf",
        column_name="geom",
    )
    op.drop_index(op.f("area_identity_id_idx"), table_name="area")
    op.drop_geospatial_index(
        "area_geom_3857_idx", table_name="area", postgresql_using="gist", column_name="geom_3857"
    )
    op.drop_index(op.f("area_code_idx"), table_name="area")
    op.drop_geospatial_table("area")
    op.drop_table("category")
    op.drop_table("area_identity")
    op.drop_index("address_text_idx", table_name="address", postgresql_using="hash")
    op.drop_geospatial_index(
        "address_geom_idx", table_name="address", postgresql_using="gist", column_name="geom"
    )
    op.drop_index(op.f("address_building_id_idx"), table_name="address")
    op.drop_geospatial_table("address")
    op.drop_table("shift")
    op.drop_table("scope_key")
    op.drop_table("scheme")
    op.drop_table("role_order")
    op.drop_table("officer")
    op.drop_table("line")
    op.drop_geospatial_index(
        "ground_geom_3857_idx",
        table_name="ground",
        postgresql_using="gist",
        column_name="geom_3857",
    )
    op.drop_geospatial_table("ground")
    op.drop_table("event_pending")
    op.drop_table("event_head")
    op.drop_table("event")
    op.drop_table("city_setting")
    op.drop_table("choice_order")
    op.drop_geospatial_index(
        "building_geom_idx", table_name="building", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_index(
        "building_geom_3857_idx",
        table_name="building",
        postgresql_using="gist",
        column_name="geom_3857",
    )
    op.drop_geospatial_table("building")
    op.drop_table("audit")
