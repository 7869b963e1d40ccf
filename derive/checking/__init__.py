"""Checking hand-ins: files are read, the checker is run over them, and what it finds is written."""
