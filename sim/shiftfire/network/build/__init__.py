"""Networks built layer by layer, with keywords and defaults."""
