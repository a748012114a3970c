"""Read a finished build: its rows, a preview, and a check against its manifest."""
