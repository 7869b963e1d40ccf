"""Terms as NumPy functions in double precision."""
