"""The paper language: LaTeX and plain text, read into one surface tree with positions."""
