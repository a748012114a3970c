"""Cost of a compiled program, read from its HLO text: FLOPs, memory traffic, collectives.

XLA's own cost analysis counts the body of a loop once and leaves out collectives.
"""
