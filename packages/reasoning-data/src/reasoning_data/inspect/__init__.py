"""Read a finished build: its rows, a preview, and verification against its manifest."""
