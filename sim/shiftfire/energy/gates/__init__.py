"""Energy of an operation at gate level: a mapped netlist, the toggles of its nets, and what the library says that those cost."""
