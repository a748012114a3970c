"""From the raw rows of known data sets to problems: one pure function per shape of row."""
