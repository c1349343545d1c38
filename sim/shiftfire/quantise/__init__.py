"""From a float graph to an integer network: chains of linear nodes become synapses, decays become shifts, weights become integers."""
