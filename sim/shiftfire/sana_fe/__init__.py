"""Compiled networks on SANA-FE's model of Loihi: the same neurons on the same cores, for comparing what is sent where.

SANA-FE (Boyle, Plagge, Cardwell, Chance, Gerstlauer, IEEE TCAD 2025, doi 10.1109/TCAD.2025.3537971) counts activities per timestep and prices them.
"""
