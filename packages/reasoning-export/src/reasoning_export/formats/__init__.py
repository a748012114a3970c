"""One module for each export format, and the parts they share."""
