"""Cycle kernels: the control state of routers and cores, stepped exactly as the RTL."""
