"""Sources of problems: files, hub data sets and generators, and one converter per shape of row."""
