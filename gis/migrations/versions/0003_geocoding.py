"""What the search over addresses needs, and what was understood of a report's words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAMES = ("province", "city", "district", "street", "community", "road", "road_number",
         "compound", "building_number")


def upgrade() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in NAMES),
        sa.Column("scope_ids", postgresql.ARRAY(sa.BigInteger()),
                  server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], ondelete="CASCADE",
                                name=op.f("site_building_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("site_pkey")),
    )
    for columns in (["building_id"], ["compound", "building_number"], ["road", "road_number"],
                    ["community"]):
        op.create_index(op.f(f"site_{'_'.join(columns)}_idx"), "site", columns)
    op.create_table(
        "site_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("site_change_pkey")),
    )
    op.execute("ALTER TABLE site ENABLE ROW LEVEL SECURITY")
    op.create_index("address_house_idx", "address", ["building_id", "room", "unit"])
    op.create_index("address_loose_idx", "address", ["road", "road_number", "compound"],
                    postgresql_where=sa.text("building_id IS NULL"))
    for name, kind in (("understood_address_id", sa.BigInteger()),
                       ("understood_building_id", sa.BigInteger()),
                       ("understood_text", sa.Text()), ("understood_score", sa.Float())):
        op.add_column("report", sa.Column(name, kind, nullable=True))
