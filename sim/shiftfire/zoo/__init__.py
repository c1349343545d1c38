"""The systems of papers that are shipped as models, each with what a run of it gives: ``docs/reference/zoo.md``."""
