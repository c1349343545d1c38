"""Cycle kernels: the control state of routers and cores, stepped exactly as the RTL.

One file per unit, mirroring ``shiftfire_hw``; docs/architecture.md section 3 states the rules both follow. Units only see each
other's state as it was at the start of the cycle: queues change at the end of the cycle (:mod:`.queue`), and the kernel
evaluates units in an order in which nothing else is seen early. A unit whose next change is known or that can only be woken by
another sleeps, and catches up with its counters when it is evaluated again.
"""
