"""Mapping by cost: slicings and placements, by prediction and by the simulator."""
