"""The address library: elements, aliases, renames, three actuals, place objects."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GUARDED = ("other_name", "dwelling", "enterprise", "person", "place_object", "given_code")
ELEMENTS = ("province", "city", "district", "street", "community")


def upgrade() -> None:
    for name in ("building_number", "text", *ELEMENTS):
        op.add_column("building", sa.Column(name, sa.Text(), nullable=True))
    for name in ELEMENTS:
        op.add_column("address", sa.Column(name, sa.Text(), nullable=True))
    _other_names()
    _actuals()
    _place_objects()
    for table in GUARDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def _code(name: str, **options) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), **options)


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _scope_ids() -> sa.Column:
    return sa.Column("scope_ids", postgresql.ARRAY(sa.BigInteger()),
                     server_default=sa.text("'{}'"), nullable=False)


def _refers(table: str, column: str, target: str, **options) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"{table}_{column}_fkey"),
                                   **options)


def _other_names() -> None:
    op.create_table(
        "other_name",
        _key(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        _code("name", nullable=False),
        _code("standard", nullable=True),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("area_identity_id", sa.BigInteger(), nullable=True),
        sa.Column("period", postgresql.TSTZRANGE(),
                  server_default=sa.text("tstzrange('-infinity', NULL)"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        _scope_ids(),
        sa.CheckConstraint("kind IN ('house', 'building', 'compound', 'road', 'area')",
                           name=op.f("other_name_kind_check")),
        sa.CheckConstraint(
            "origin IN ('alias', 'former') AND (field IS NULL OR origin = 'former')",
            name=op.f("other_name_origin_check")),
        sa.CheckConstraint(
            "(address_id IS NOT NULL) = (kind = 'house')"
            " AND (building_id IS NOT NULL) = (kind = 'building')"
            " AND (area_identity_id IS NOT NULL) = (kind = 'area')"
            " AND (standard IS NOT NULL) = (kind IN ('compound', 'road'))",
            name=op.f("other_name_one_place_check")),
        _refers("other_name", "address_id", "address.id", ondelete="CASCADE"),
        _refers("other_name", "building_id", "building.id", ondelete="CASCADE"),
        _refers("other_name", "area_identity_id", "area_identity.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("other_name_pkey")),
    )
    op.create_index(op.f("other_name_name_idx"), "other_name", ["name"])
    op.create_index(op.f("other_name_kind_standard_idx"), "other_name", ["kind", "standard"])
    for column in ("address_id", "building_id"):
        op.create_index(f"other_name_{column}_idx", "other_name", [column],
                        postgresql_where=sa.text(f"{column} IS NOT NULL"))
    op.create_table(
        "given_code",
        _code("code", nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("given_code_pkey")),
    )


def _actuals() -> None:
    op.create_table(
        "dwelling",
        sa.Column("address_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column("tenure", sa.Text(), nullable=True),
        sa.Column("occupancy", sa.Text(), nullable=True),
        sa.Column("registered_residents", sa.SmallInteger(), nullable=True),
        sa.Column("actual_residents", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("registered_residents >= 0 AND actual_residents >= 0",
                           name=op.f("dwelling_residents_check")),
        _refers("dwelling", "address_id", "address.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("address_id", name=op.f("dwelling_pkey")),
    )
    op.create_table(
        "enterprise",
        _key(),
        _code("enterprise_code", nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        _refers("enterprise", "address_id", "address.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("enterprise_pkey")),
        sa.UniqueConstraint("enterprise_code", name=op.f("enterprise_enterprise_code_key")),
    )
    op.create_index(op.f("enterprise_address_id_idx"), "enterprise", ["address_id"])
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=True),
        _code("key_id", nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("masked", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _refers("person", "address_id", "address.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pkey")),
        sa.UniqueConstraint("lookup", name=op.f("person_lookup_key")),
    )
    for column in ("address_id", "key_id"):
        op.create_index(op.f(f"person_{column}_idx"), "person", [column])


def _place_objects() -> None:
    op.create_table(
        "place_category",
        _code("code", nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "element IN ('person', 'place', 'thing', 'matter', 'organisation')",
            name=op.f("place_category_element_check")),
        sa.PrimaryKeyConstraint("code", name=op.f("place_category_pkey")),
        sa.UniqueConstraint("name", name=op.f("place_category_name_key")),
    )
    op.create_geospatial_table(
        "place_object",
        _key(),
        _code("object_code", nullable=True),
        _code("category_code", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()),
                  server_default=sa.text("'{}'"), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        _scope_ids(),
        sa.Column("geom", Geometry(srid=4490, dimension=2, spatial_index=False,
                                   from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
                  nullable=False),
        _refers("place_object", "category_code", "place_category.code"),
        _refers("place_object", "building_id", "building.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("place_object_pkey")),
        sa.UniqueConstraint("object_code", name=op.f("place_object_object_code_key")),
    )
    op.create_geospatial_index("place_object_geom_idx", "place_object", ["geom"], unique=False,
                               postgresql_using="gist", postgresql_ops={})
    op.create_index("place_object_building_id_idx", "place_object", ["building_id"],
                    postgresql_where=sa.text("building_id IS NOT NULL"))
