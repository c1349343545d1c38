"""Networks in floats, whatever framework they came from: graph, nodes, profiles of time, interpreter."""
