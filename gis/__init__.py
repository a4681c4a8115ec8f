"""The domain of Gridwall and its database: areas, officers, reports, incidents."""
