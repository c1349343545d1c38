"""The fabric in a system on chip: buses, peripherals, processor."""
