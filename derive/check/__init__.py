"""Is this right? Formulas and submissions are read, evaluated and judged; what is not understood is never correct."""
