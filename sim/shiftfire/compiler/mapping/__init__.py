"""Network and chip to cores, tiles and streams."""
