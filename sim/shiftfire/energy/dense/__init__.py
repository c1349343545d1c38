"""The same network on dense multiply-accumulate accelerators: an ideal one as a bound, and three that could be built."""
