"""Records of what was measured, which pages are rendered from: entries by name, each with a digest that tells its age."""
