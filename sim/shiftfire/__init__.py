"""shiftfire: a cycle-exact simulator of a multiplier-free neuromorphic accelerator."""
