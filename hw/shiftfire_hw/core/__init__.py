"""The core: integrate, fire, encode, egress, and the tile around it."""
