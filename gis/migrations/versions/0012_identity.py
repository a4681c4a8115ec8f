"""Identity providers, sign-in attempts, sessions and tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLES = ("role IN ('hall', 'street', 'community', 'officer', 'department', 'planner',"
         " 'intake', 'admin')")
INSTANT = sa.DateTime(timezone=True)
GUARDED = ("session_secret", "sign_in_try", "account_link", "group_mapping", "provider_key",
           "provider_sign_in")


def upgrade() -> None:
    _accounts()
    _secrets()
    _provider()
    for table in GUARDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def _accounts() -> None:
    op.add_column("account", sa.Column("display_name", sa.Text(), nullable=True))
    op.add_column("account", sa.Column(
        "must_change", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("account", sa.Column("password_set_at", INSTANT, nullable=True))
    op.add_column("credential", sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False))
    op.create_unique_constraint("credential_id_key", "credential", ["id"])
    op.add_column("credential", sa.Column(
        "name", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("credential", sa.Column(
        "access", sa.Text(), server_default=sa.text("'full'"), nullable=False))
    op.create_check_constraint(
        op.f("credential_access_check"), "credential", "access IN ('full', 'read', 'file')")
    op.add_column("credential", sa.Column("area_identity_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("credential_area_identity_id_fkey", "credential", "area_identity",
                          ["area_identity_id"], ["id"])
    op.add_column("credential", sa.Column(
        "generation", sa.Integer(), server_default=sa.text("0"), nullable=False))
    for name in ("dies_at", "last_used_at"):
        op.add_column("credential", sa.Column(name, INSTANT, nullable=True))
    for name in ("address", "device", "issuer", "logout_hint"):
        op.add_column("credential", sa.Column(name, sa.Text(), nullable=True))


def _secrets() -> None:
    op.create_table(
        "session_secret",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("issued_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("dies_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"],
                                name="session_secret_credential_id_fkey", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("secret_hash", name="session_secret_pkey"))
    op.create_index("session_secret_credential_id_idx", "session_secret", ["credential_id"])
    op.create_table(
        "sign_in_try",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("blocked_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name="sign_in_try_pkey"))
    op.create_index("sign_in_try_last_at_idx", "sign_in_try", ["last_at"])


def _provider() -> None:
    op.create_table(
        "account_link",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"],
                                name="account_link_account_id_fkey", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="account_link_pkey"))
    op.create_index("account_link_account_id_idx", "account_link", ["account_id"])
    op.create_table(
        "group_mapping",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("area_identity_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(ROLES, name=op.f("group_mapping_role_check")),
        sa.ForeignKeyConstraint(["area_identity_id"], ["area_identity.id"],
                                name="group_mapping_area_identity_id_fkey"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="group_mapping_unit_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="group_mapping_pkey"),
        sa.UniqueConstraint("group_name", "role", "area_identity_id", "unit_id",
                            name="group_mapping_group_name_role_area_identity_id_unit_id_key",
                            postgresql_nulls_not_distinct=True))
    op.create_table(
        "provider_key",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="provider_key_pkey"))
    op.create_table(
        "provider_sign_in",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="provider_sign_in_pkey"))
    op.create_index("provider_sign_in_at_idx", "provider_sign_in", ["at"])
