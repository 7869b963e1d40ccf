"""Feedback on a hand-in: its sentences, and the page and the terminal report that are made of them."""
