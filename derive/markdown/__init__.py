"""The body of a report: Markdown with placeholders, problems, parts and sub-parts."""
