"""Matrix expressions: shapes, closed forms, differentials, gradients."""
