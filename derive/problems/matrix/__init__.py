"""Networks of vectors and matrices: the forward pass as written, its backward pass in matrix form, its numbers."""
