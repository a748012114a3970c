"""Know before you spend the TPU session: what a run needs, from shapes alone.

The very functions that training runs are traced without weights and compiled for a TPU slice by the
TPU's own compiler, which needs no TPU. Its verdict on memory is exact; times are a roofline over
what the compiled program does, and are called estimates.
"""
