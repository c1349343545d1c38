"""Programs for hardware: the image that the firmware runs, and the driver of a board behind a serial port."""
