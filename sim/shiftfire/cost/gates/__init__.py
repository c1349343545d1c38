"""Unit costs at gate level: what the units compute in shipped models, and what that takes them in the cells of a library."""
