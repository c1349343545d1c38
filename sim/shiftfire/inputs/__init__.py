"""Files that people have inputs in, read with bounds: they are not trusted."""
