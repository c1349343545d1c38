"""The accelerator's RTL in Amaranth: one component per file, each docstring the component's contract."""
