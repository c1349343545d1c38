"""Names of the Verilog modules that are emitted on their own and instantiated by others."""

TILE_MODULE = "shiftfire_tile"
CHIP_MODULE = "shiftfire_chip"
BOOT_MODULE = "shiftfire_boot_ram"
SOC_MODULE = "shiftfire_soc"
