"""Training of the shipped models: ``python -m shiftfire.training <model>``. Needs the ``train`` extra; nothing at run time does."""
