"""derive in Python: networks as values that a notebook shows as mathematics."""
