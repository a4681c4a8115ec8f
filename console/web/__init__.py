"""Sources of the browser's side, and how they are built."""
