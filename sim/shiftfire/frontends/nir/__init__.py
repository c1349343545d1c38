"""Networks in the Neural Intermediate Representation (NIR): reading, checks, discretisation profiles, and a float interpreter."""
