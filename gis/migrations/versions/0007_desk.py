"""What the desk lists by: open work by step and deadline, emergencies, what lies under an area."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "incident_area_lane_idx", "incident_area",
        ["identity_id", "state", "clock_at", "incident_id"], postgresql_where="open")
    op.create_index(
        "incident_emergency_idx", "incident", ["id"],
        postgresql_where="closed_at IS NULL AND urgency >= 3")
    # What lies under an area is asked in every statement that counts: see scope_under_ids.
    op.create_index("area_ancestor_ids_idx", "area", ["ancestor_ids"], postgresql_using="gin")
