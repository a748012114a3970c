"""Infix text to a tree of operations. Nothing is executed.

There are caps on length, depth, terms and the size of every number.
"""

import re
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

MAX_LENGTH: Final = 600
MAX_DEPTH: Final = 40
MAX_DIGITS: Final = 400
MAX_TOKENS: Final = 160  # also bounds the depth of the tree, and with it the recursion

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<mixed>\d+\s+\d+/\d+(?![\d.]))"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<word>[A-Za-z]+(?:_[A-Za-z0-9]+|_\([A-Za-z0-9,]+\))?'*)"
    r"|(?P<operator>\*\*|[-+*/^!()|,°]))"
)
_FUNCTIONS: Final = frozenset(
    "sqrt root sin cos tan cot sec csc ln log exp abs binom floor ceil".split()
)
# Functions that a result may keep: people leave √3 as it is, but 5! is a computation like 6*7.
_RESULTS: Final = frozenset(("sqrt", "root"))
# Short words of English, never products of variables.
_ENGLISH: Final = frozenset(
    "and or not is in of to the are was be no yes so it if at by we he she an as do up us my me on "
    "th st nd rd for but nor you all any one two six ten day ago per min has had his her its our "
    "out off now new old max how who why can may did get got use men".split()
)
_OPERATORS: Final = ("sum_", "prod_", "int_", "lim_", "max_", "min_")
_GREEK: Final = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta kappa lambda mu nu xi rho "
    "sigma tau phi varphi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega".split()
)
_IMPLICIT_STOP: Final = frozenset(("+", "-", "*", "/", ")", ",", "|", "^", "!", "**", "°"))


_LOG_BASE: Final = re.compile(r"log_\(?(\d{1,6})\)?")


class ExpressionError(ValueError):
    """The text is no expression that this grammar reads."""


class Operation(Enum):
    NUMBER = "number"
    NAME = "name"
    ADD = "+"
    NEGATE = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    POWER = "^"
    CALL = "call"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `value` for NUMBER and MIXED, `name` for NAME and CALL."""

    operation: Operation
    arguments: tuple["Node", ...] = ()
    value: Fraction = Fraction(0)
    name: str = ""

    def names(self) -> frozenset[str]:
        found: set[str] = set()
        stack = [self]
        while stack:
            node = stack.pop()
            if node.operation is Operation.NAME and node.name not in ("pi", "e"):
                found.add(node.name)
            stack.extend(node.arguments)
        return frozenset(found)

    def is_literal(self) -> bool:
        """Whether this is one number as people write results: 3, -3/4, 2^3, √2, 1.5*10^3, 2π."""
        match self.operation:
            case Operation.NUMBER | Operation.MIXED | Operation.NAME:
                return True
            case Operation.NEGATE:
                return self.arguments[0].is_literal()
            case Operation.DIVIDE | Operation.POWER:
                return all(argument.is_literal() for argument in self.arguments)
            case Operation.CALL:
                return self.name in _RESULTS and all(a.is_literal() for a in self.arguments)
            case Operation.MULTIPLY:
                left, right = self.arguments
                return left.is_literal() and _is_power_of_ten(right)
            case _:
                return False


def _is_power_of_ten(node: Node) -> bool:
    if node.operation is not Operation.POWER:
        return False
    return node.arguments[0].operation is Operation.NUMBER and node.arguments[0].value == 10


def parse(text: str) -> Node:
    """The tree of an infix expression.

    Raises:
        ExpressionError: not an expression, or beyond the caps.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError("too long")
    parser = _Parser(_tokenize(text))
    node = parser.sum(0)
    if parser.peek():
        raise ExpressionError("something is left over")
    return node


def _tokenize(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    index = 0
    text = text.rstrip()
    while index < len(text):
        match = _TOKEN.match(text, index)
        if match is None or match.lastgroup is None:
            raise ExpressionError("unknown character")
        kind, token = match.lastgroup, match.group(match.lastgroup)
        if kind == "word":
            tokens.extend(("word", word) for word in _split_word(token))
        else:
            tokens.append((kind, token))
        index = match.end()
        if len(tokens) > MAX_TOKENS:
            raise ExpressionError("too many terms")
    return tokens


def _split_word(word: str) -> list[str]:
    """`sqrt` is one name, `xy` the product of two; a long unknown word is prose, not algebra."""
    if word.startswith(_OPERATORS):
        raise ExpressionError("an operator that binds a variable")
    if word in _FUNCTIONS or word in _GREEK or word in ("pi", "infinity") or "_" in word:
        return [word]
    if word.lower() in ("pi", "sqrt"):
        return [word.lower()]
    if word.startswith("sqrt"):
        return ["sqrt", *_split_word(word[4:])]
    if word.endswith("pi") and len(word) <= 4:
        return [*word[:-2], "pi"]
    if len(word.rstrip("'")) > 3 or word.lower() in _ENGLISH:
        raise ExpressionError("a word of prose")
    letters: list[str] = []
    for char in word:
        if char == "'":
            if not letters:
                raise ExpressionError("a prime after nothing")
            letters[-1] += char
        else:
            letters.append(char)
    return letters


class _Parser:
    """Recursive descent: sum → product → signed → power → atom."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._index = 0
        self._open_bars = 0

    def peek(self) -> str:
        return self._tokens[self._index][1] if self._index < len(self._tokens) else ""

    def _take(self) -> tuple[str, str]:
        if self._index >= len(self._tokens):
            raise ExpressionError("ends too early")
        self._index += 1
        return self._tokens[self._index - 1]

    def _expect(self, token: str) -> None:
        if self._take()[1] != token:
            raise ExpressionError(f"expected {token!r}")

    def sum(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ExpressionError("nested too deep")
        node = self._product(depth)
        while self.peek() in ("+", "-"):
            sign = self._take()[1]
            term = self._product(depth)
            node = Node(
                Operation.ADD, (node, Node(Operation.NEGATE, (term,)) if sign == "-" else term)
            )
        return node

    def _product(self, depth: int) -> Node:
        node = self._signed(depth)
        while (token := self.peek()) and token not in ("+", "-", ")", ","):
            if token == "|" and self._open_bars:
                break
            if token in ("*", "/"):
                self._take()
                factor = self._signed(depth)
            else:
                if self._tokens[self._index][0] in ("number", "mixed"):
                    raise ExpressionError("two numbers side by side")
                token = "*"
                factor = self._power(depth)
            operation = Operation.MULTIPLY if token == "*" else Operation.DIVIDE
            node = Node(operation, (node, factor))
        return node

    def _signed(self, depth: int) -> Node:
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self._take()[1] == "-"
        node = self._power(depth)
        return Node(Operation.NEGATE, (node,)) if negative else node

    def _power(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ExpressionError("nested too deep")
        node = self._atom(depth)
        while self.peek() in ("!", "°"):
            if self._take()[1] == "!":
                node = Node(Operation.CALL, (node,), name="factorial")
        if self.peek() in ("^", "**"):
            self._take()
            exponent = self._signed_power(depth + 1)
            node = Node(Operation.POWER, (node, exponent))
        return node

    def _signed_power(self, depth: int) -> Node:
        if self.peek() in ("+", "-"):
            negative = self._take()[1] == "-"
            node = self._power(depth)
            return Node(Operation.NEGATE, (node,)) if negative else node
        return self._power(depth)

    def _atom(self, depth: int) -> Node:
        kind, token = self._take()
        if kind == "number":
            return Node(Operation.NUMBER, value=_read_number(token))
        if kind == "mixed":
            whole, fraction = token.split(None, 1)
            top, bottom = fraction.split("/")
            if _read_number(bottom) == 0:
                raise ExpressionError("division by zero")
            value = _read_number(whole) + _read_number(top) / _read_number(bottom)
            return Node(Operation.MIXED, value=value)
        if kind == "word":
            if token in _FUNCTIONS:
                return self._call(token, depth)
            if base := _LOG_BASE.fullmatch(token):
                logarithm = self._call("log", depth)
                below = Node(Operation.NUMBER, value=_read_number(base.group(1)))
                return Node(
                    Operation.DIVIDE, (logarithm, Node(Operation.CALL, (below,), name="log"))
                )
            return _name(token)
        if token == "(":
            node = self.sum(depth + 1)
            self._expect(")")
            return node
        if token == "|":
            self._open_bars += 1
            node = self.sum(depth + 1)
            self._open_bars -= 1
            self._expect("|")
            return Node(Operation.CALL, (node,), name="abs")
        raise ExpressionError(f"unexpected {token!r}")

    def _call(self, function: str, depth: int) -> Node:
        exponent: Node | None = None
        if self.peek() in ("^", "**"):
            self._take()
            exponent = self._power(depth + 1)
        if self.peek() == "(":
            self._take()
            arguments = [self.sum(depth + 1)]
            while self.peek() == ",":
                self._take()
                arguments.append(self.sum(depth + 1))
            self._expect(")")
        else:
            arguments = [self._bare_argument(function, depth + 1)]
        node = Node(Operation.CALL, tuple(arguments), name=function)
        return Node(Operation.POWER, (node, exponent)) if exponent else node

    def _bare_argument(self, function: str, depth: int) -> Node:
        """`sqrt3` takes one atom; `sin 2x` takes the whole implicit product."""
        node = self._power(depth)
        while (
            function not in ("sqrt", "root")
            and (token := self.peek())
            and token not in _IMPLICIT_STOP
            and token not in _FUNCTIONS
        ):
            node = Node(Operation.MULTIPLY, (node, self._power(depth)))
        return node


def _name(token: str) -> Node:
    if token == "infinity":
        raise ExpressionError("infinity is not a number")
    return Node(Operation.NAME, name=token)


def _read_number(token: str) -> Fraction:
    if len(token) > MAX_DIGITS:
        raise ExpressionError("too many digits")
    mantissa, _, exponent = token.replace(",", "").lower().partition("e")
    if len(exponent) > 4:
        raise ExpressionError("exponent too large")
    value = Fraction(mantissa.rstrip(".") if mantissa.endswith(".") else mantissa)
    return value * Fraction(10) ** int(exponent) if exponent else value
