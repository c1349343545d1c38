"""Networks in the Neural Intermediate Representation (NIR): reading, checks, and the likeliest profile."""
