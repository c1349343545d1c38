"""Network + chip -> program: placement, routing, configuration image, injection program."""
