"""From problems to documents: the only place with sentences."""
