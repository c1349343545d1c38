"""Renderings of the contract. Pure: the same contract gives the same text."""
