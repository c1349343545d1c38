"""SimPy system model: configure, inject, run, collect; and the runners of the three executions."""
