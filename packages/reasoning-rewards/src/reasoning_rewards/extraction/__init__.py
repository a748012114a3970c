"""The final answer of a free-form text that follows no schema."""
