"""Everything that writes Verilog: one `emit`, and what is emitted with it."""
