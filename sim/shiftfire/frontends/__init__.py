"""Importers: models of other frameworks as integer networks."""
