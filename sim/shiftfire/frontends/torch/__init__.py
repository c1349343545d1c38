"""Modules of torch, read through torch.fx into the float graph. Nothing outside this folder imports torch for it."""
