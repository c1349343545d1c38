"""The executions of planned runs: golden, simulator, RTL in Verilator (two ways), board. One file per backend, one protocol."""
