"""Find the answer that a text states, and compare answers."""
