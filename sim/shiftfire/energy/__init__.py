"""Energy from counters and a table of sourced constants."""
