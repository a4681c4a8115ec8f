"""From domain objects to pictures: pydeck layers, colours, legends."""
