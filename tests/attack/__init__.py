"""The attack: random networks on random chips, golden, simulator and RTL held to each other. `make attack SEED=n PAIRS=1000`."""
