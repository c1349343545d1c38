"""The integer layer graph: the only form of a network that later stages see."""
