"""Kinds of neurons: one module per kind with every fact about it but its arithmetic (golden) and its circuit (RTL); ``registry`` lists them."""
