"""The blocks of a network of vectors and matrices."""
