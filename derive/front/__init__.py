"""Text that authors write: YAML front matter with positions, and mathematics as lines."""
