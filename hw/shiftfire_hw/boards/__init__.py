"""FPGA boards: what is on them, the tops that go into them, and the flow from RTL to a bitstream."""
