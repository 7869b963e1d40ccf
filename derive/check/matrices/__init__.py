"""Networks of vectors and matrices as the checker sees them: shapes, entries, derivatives as linear maps."""
