"""Claims of papers, put to the test by runs: ``docs/reference/claims.md``."""
