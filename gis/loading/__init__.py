"""Files into rows: what a city has in its drawers, read, checked, and loaded or refused."""
