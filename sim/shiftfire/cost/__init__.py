"""What the shift-based units cost and how far they are off, beside multiplier references. Needs the RTL package."""
