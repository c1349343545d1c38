"""Fuzzes the NIR front end: `PYTHONPATH=tests:hw:sim python -m nir_fuzz graphs|files --seed 1 --count 1000`.

`python -m nir_fuzz.guided 1000000 1 CORPUS` is the same for graphs, guided by coverage (needs atheris); `make fuzz` runs both.

Anything but a checked graph or a NirError of one line is a finding; it ends the run with the bytes that repeat it.
"""
