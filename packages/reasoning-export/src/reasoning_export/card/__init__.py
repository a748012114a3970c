"""The model card and the provenance record."""
