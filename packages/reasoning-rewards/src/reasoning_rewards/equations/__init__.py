"""Equations that a text states, in any of the notations that models write, checked exactly."""

from reasoning_rewards.equations.checking import Equation
from reasoning_rewards.equations.finding import find_equations

__all__ = ["Equation", "find_equations"]
