"""Bit-exact reference: NumPy, integers, untimed."""
