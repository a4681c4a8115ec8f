"""Components of our own: JavaScript of the bundles, described to Panel in Python."""
