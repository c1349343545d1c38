"""Support for testing the RTL: build and run under cocotb and Verilator, drivers of streams."""
