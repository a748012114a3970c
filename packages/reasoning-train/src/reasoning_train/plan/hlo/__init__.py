"""Read a compiled program's text (HLO): what it computes, moves and sends, loops counted.

XLA's own cost analysis counts the body of a loop once, and says nothing of collectives.
"""
