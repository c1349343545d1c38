"""Prediction: the cycles of a mapped network, by whole vectors, without a simulation."""
