"""Programs for hardware: the image that the firmware runs."""
