"""Proof by comparison: the RTL in Verilator against golden and sim. The only package that knows both simulator and RTL."""
