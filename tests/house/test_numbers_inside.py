"""Numbers inside functions are named, or say beside them why they are what they are.

Constants of a module and of a class are held by ``test_numbers.py``. Here is the rest: a number in the body or the
header of a function. One that only counts axes, places or bits, turns units into each other, keeps from dividing by
zero, or draws a picture decides nothing, and the rules below say which those are. Each other one is a constant with a
name, or has a comment on its statement or right above it, or the docstring of its function says it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = sorted((ROOT / "desktop_app").rglob("*.py"))
NETWORKS = ROOT / "desktop_app" / "ml" / "networks"

_MOST_COUNTED = 12  # places in a tuple or a row of a table are counted by hand up to here
_ROUND_OFF = 1e-6  # a share: below this a number only keeps from dividing by zero, or from what rounding loses
_RANGES = {255, 256, 65535, 65536}  # what 8 and 16 bits hold
_UNITS = {60, 100, 1000, 1024, 3600, 10**6, 10**9}  # seconds, percent, milli- and kilo-, and so on
_NEIGHBOURS = {4, 6, 8, 18, 26}  # of a pixel or a voxel: through edges, faces, corners
_WORDS = {
    3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 12: "twelve",
    100: "hundred", 0.5: "half",
}  # fmt: skip
# Calls whose small whole numbers are lengths, or numbers, of axes.
_SHAPES = re.compile(
    r"range|zeros|ones|empty|full|eye|reshape|broadcast_to|permute|transpose|repeat|swapaxes|moveaxis|expand|view|tile|"
    r"unsqueeze|squeeze|flatten"
)
_DRAWS = re.compile(r"random|uniform|normal")  # calls that draw numbers by chance
# Calls of Qt that put things into rows and columns, or say how they share the room.
_PLACES = re.compile(
    r"add(Widget|Layout|Item|Stretch)|insertStretch|set\w*(Stretch|StretchFactor)|setSectionResizeMode|setData|setIcon|"
    r"setText|set(Row|Column)Count|setToolTip|QTableWidget|QTreeWidget"
)
_COUNTED = re.compile(r"leaves|ndim|dims?\b|dimensions|axis|axes|spatial|rank|itemsize|bits|channels|samples")
_PORTIONS = re.compile(r"SubContext|Progress|_Part")  # which part of a progress bar a step fills
_KEEPERS = re.compile(r"max|maximum|clip|clamp|clamp_min|clamp_")


@dataclass(frozen=True, slots=True)
class Step:
    """One step outwards from a number.

    Attributes:
        value: The number.
        inner: What the number is, or lies in.
        outer: What that is a part of.
        own: Whether ``inner`` is the number itself, perhaps with a sign.
    """

    value: float
    inner: ast.AST
    outer: ast.AST
    own: bool

    @property
    def small(self) -> bool:
        """Whether it may be a count of axes or places."""
        return isinstance(self.value, int) and self.value <= _MOST_COUNTED

    @property
    def called(self) -> str:
        """Name of the function whose argument it is."""
        function = self.outer.func if isinstance(self.outer, ast.Call) else None
        return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _counts(step: Step) -> bool:
    """Axes, places, dimensions, bytes of a field."""
    match step.outer:
        case ast.Subscript():
            return step.small and step.inner is step.outer.slice
        case ast.Slice(lower=ast.Constant(), upper=ast.Constant()):
            return True
        case ast.Compare(ops=[ast.Eq() | ast.NotEq() | ast.In() | ast.NotIn()]) if step.small:
            return bool(
                re.search(r"\blen\(|shape|size", ast.unparse(step.outer)) or _COUNTED.search(ast.unparse(step.outer))
            )
        case ast.Compare():
            return step.small and bool(_COUNTED.search(ast.unparse(step.outer)))
        case ast.keyword(arg="connectivity" | "structure"):
            return step.value in _NEIGHBOURS
        case ast.keyword(arg=str(name)):
            return step.small and bool(_COUNTED.search(name))
        case ast.IfExp(body=one, orelse=other):
            ends = {side.value for side in (one, other) if isinstance(side, ast.Constant)}
            return step.value == 3 and bool(ends & {1, 2})  # flat or deep, grey or coloured
    return False


def _counts_in_a_call(step: Step) -> bool:
    """The same as arguments."""
    if not isinstance(step.outer, ast.Call):
        return False
    if _PORTIONS.fullmatch(step.called) or (step.called == "round" and step.inner in step.outer.args[1:]):
        return True
    if step.called in ("open", "chmod", "mkdir"):
        return step.value > 0o400  # who may read and write
    if _DRAWS.fullmatch(step.called):
        return step.small and (
            isinstance(step.inner, ast.keyword) or step.inner in (step.outer.args[2:] or step.outer.args)
        )
    plain = step.own or isinstance(step.inner, ast.Tuple | ast.List)
    return step.small and plain and bool(_SHAPES.fullmatch(step.called) or _PLACES.fullmatch(step.called))


def _counts_in_a_sum(step: Step) -> bool:
    """The same in arithmetic: repeated tuples, powers, circles and balls."""
    match step.outer:
        case ast.BinOp(op=ast.LShift() | ast.RShift() | ast.BitAnd() | ast.BitOr()):
            return True
        case ast.BinOp(op=ast.Pow(), left=ast.Constant(value=2 | 10 | 10.0 | 1024)):
            return True
        case ast.BinOp(op=ast.Pow(), right=right) if step.inner is right:
            return step.small or step.value == 0.5
        case ast.BinOp(left=left, op=op, right=right) if step.small:
            repeated = isinstance(op, ast.Mult) and any(
                isinstance(side, ast.Tuple | ast.List) for side in (left, right)
            )
            sides = f"{ast.unparse(left)} {ast.unparse(right)}"
            counted = step.own and isinstance(op, ast.Add | ast.Sub) and bool(_COUNTED.search(sides))
            return repeated or counted or bool(re.search(r"\bpi\b", sides))
    return False


def _converts(step: Step) -> bool:
    """Units, halves and middles."""
    scaling = ast.Mult | ast.Div | ast.FloorDiv | ast.Mod
    match step.outer:
        case ast.BinOp(op=op) if step.own and isinstance(op, scaling):
            return step.value in _UNITS or (step.value == 0.5 and isinstance(op, ast.Mult))
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return step.own and step.value == 0.5  # the middle of a voxel, and rounding
        case ast.Compare():
            sides = ast.unparse(step.outer)
            told = r"second|minute|size|length" if step.value in _UNITS else r"\bstatus(_code)?\b"  # of HTTP
            return bool(re.search(told, sides))
        case ast.Tuple(elts=parts):
            named = any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)
            return step.value in _UNITS and named
        case ast.Call(keywords=keywords):
            told = any(part.arg in ("help", "description") for part in keywords)  # of a parameter: says the unit
            return told or (step.called == "divmod" and step.value in _UNITS)
    return False


def _keeps(step: Step) -> bool:
    """What keeps from dividing by zero, or from what rounding loses."""
    if step.value > _ROUND_OFF:
        return False
    match step.outer:
        case ast.Call():
            return bool(_KEEPERS.fullmatch(step.called))
        case ast.BinOp(op=ast.Add() | ast.Sub(), left=ast.Constant(value=1)):
            return True
    return False


_RULES: tuple[Callable[[Step], bool], ...] = (_counts, _counts_in_a_call, _counts_in_a_sum, _converts, _keeps)


class Numbers:
    """The numbers in one file's functions that decide something and say nothing of themselves.

    Args:
        source: The file's text.
        network: Whether it builds a network, whose layers are those of the paper that it names.
    """

    def __init__(self, source: str, *, network: bool = False) -> None:
        self._lines = source.splitlines()
        self._cited = network and bool(re.search(r"\b(19|20)\d\d\b", source))
        self._above: dict[ast.AST, ast.AST] = {}
        self._numbers: list[ast.Constant] = []
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in (0, 1, 2):
                self._numbers.append(node)
            for part in ast.iter_child_nodes(node):
                self._above[part] = node
        self._source = source

    @cached_property
    def _comments(self) -> set[int]:
        """Lines with a comment that is meant for readers."""
        return {
            token.start[0]
            for token in tokenize.generate_tokens(io.StringIO(self._source).readline)
            if token.type == tokenize.COMMENT and not re.match(r"# (noqa|type:|pragma|fmt:)", token.string)
        }

    def silent(self) -> Iterator[tuple[int, str]]:
        """Line and number of each."""
        for node in self._numbers:
            around = list(self._around(node))
            functions = [part for part in around if isinstance(part, ast.FunctionDef)]
            if not functions or self._cited or _decides_nothing(node, around):
                continue
            if not self._is_told(node, around, functions[0]) and not any(_draws(part) for part in functions):
                yield node.lineno, ast.unparse(node)

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        """All that encloses a node, from the inside out."""
        while node in self._above:
            node = self._above[node]
            yield node

    def _is_told(self, node: ast.Constant, around: list[ast.AST], made: ast.FunctionDef) -> bool:
        """Whether a comment stands at the number's statement or right above it, or a docstring says the number."""
        stated = next(part for part in around if isinstance(part, ast.stmt))
        first, last = node.lineno, node.lineno  # of a default, or in a decorator
        if stated is not made:
            body = getattr(stated, "body", None)
            first, last = stated.lineno, body[0].lineno - 1 if body else stated.end_lineno or stated.lineno
        above = self._lines[first - 2].strip().startswith("#") and first - 1 in self._comments
        if above or any(line in self._comments for line in range(first, max(first, last) + 1)):
            return True
        if re.search(r"\b(19|20)\d\d\b", ast.get_docstring(made) or ""):
            return True  # a formula whose publication is named
        told = "\n".join(
            ast.get_docstring(part) or "" for part in around if isinstance(part, ast.FunctionDef | ast.ClassDef)
        )
        return _says(told, node.value) or (stated is made and _names_default(node, made, told))


def _draws(function: ast.FunctionDef) -> bool:
    """Whether a function draws a picture, or says the size that a part of a window wishes, px."""
    names = (part for part in ast.walk(function) if isinstance(part, ast.Name | ast.Attribute))
    return function.name in ("sizeHint", "minimumSizeHint") or any(
        (part.id if isinstance(part, ast.Name) else part.attr) in ("QPainter", "ImageDraw") for part in names
    )


def _decides_nothing(node: ast.Constant, around: list[ast.AST]) -> bool:
    """Whether a number counts, converts, or keeps from what computers lose."""
    if node.value in _RANGES and not any("* 2 ** " in ast.unparse(part) for part in around[:2]):
        return True  # but not where bytes are counted
    inner: ast.AST = node
    own = True
    for outer in around:
        if isinstance(outer, ast.stmt):
            return isinstance(outer, ast.AugAssign) and node.value in _UNITS
        if any(rule(Step(node.value, inner, outer, own)) for rule in _RULES):
            return True
        own = own and isinstance(outer, ast.UnaryOp)
        inner = outer
    return False


def _says(told: str, value: float) -> bool:
    """Whether a text says a number, in figures, as a percentage or in a word."""
    forms = {f"{value:g}", f"{value:,}", str(value), f"{100 * value:g} %", _WORDS.get(value, "-")}
    return any(re.search(rf"(?<![\w.]){re.escape(form)}s?(?![\w]|\.\d)", told, re.IGNORECASE) for form in forms)


def _names_default(node: ast.Constant, made: ast.FunctionDef, told: str) -> bool:
    """Whether the docstring explains the parameter whose default this is."""
    plain = [*made.args.posonlyargs, *made.args.args]
    pairs = [
        *zip(plain[len(plain) - len(made.args.defaults) :], made.args.defaults, strict=True),
        *zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True),
    ]
    names = [arg.arg for arg, value in pairs if value is not None and any(part is node for part in ast.walk(value))]
    return any(re.search(rf"^\s*(\w+, )*{name}(, \w+)*:", told, re.MULTILINE) for name in names)


def _silent(source: str) -> list[str]:
    return [number for _, number in Numbers(source).silent()]


@pytest.mark.parametrize(
    "body",
    [
        "return a > 7",
        "return 0.8 * a",
        "return a if a < 0.5 else 0",
        "return a[:80]",
        "return max(a, 0.05)",
        "return a * 256 * 2**20",
        "return [13, 17]",
        "f = lambda b: b * 1.5\n    return f(a)",
        "# Of what lies above.\n    b = a\n    return b * 1.5",
        "if a:  # told of this\n        return 1.5\n    return a",
    ],
)
def test_a_number_that_decides_is_found(body: str) -> None:
    assert _silent(f"def g(a, size):\n    {body}\n")


@pytest.mark.parametrize(
    "body",
    [
        "return a[3], a[:3], range(3), a.ndim == 4, np.zeros((3, 3)), a.sum(axis=3)",
        "return (a + 0.5) / 2 - 1 + 0.5 * a",
        "return a / 1e6, a * 100, a // 60, divmod(a, 60), 2**30, 10**a, a << 8, a**3",
        "return np.maximum(a, 1e-9), 1 - 1e-6, np.clip(a, 0, 255)",
        "return a * 1.5  # px, by eye",
        "# Pixels, by eye.\n    return a * 1.5",
        '"""Half as much again, 1.5 times."""\n    return a * 1.5',
        '"""At most 30 %."""\n    return a * 0.3',
        '"""By the roots (Smith, CACM 4, 1961)."""\n    return a / 6',
        "return 3 if a else 2",
        "ctx.report(Progress(0.2, 1))",
        "return _LEAST * a",
    ],
)
def test_a_number_that_is_told_or_decides_nothing_passes(body: str) -> None:
    assert _silent(f"def g(a, ctx):\n    {body}\n") == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def g(a=7): ...\n", ["7"]),
        ("def g(\n    a=7,  # px\n): ...\n", []),
        ('def g(a=7):\n    """Say.\n\n    Args:\n        a: Pixels.\n    """\n', []),
        ("@lru_cache(maxsize=64)\ndef g(): ...\n", ["64"]),
        ("A = 7\n", []),
        ("def paint(painter: QPainter):\n    painter.drawRect(7, 7, 90, 90)\n", []),
        ("def paint(box):\n    box.resize(7, 90)\n", ["7", "90"]),
        ("def g():\n    return 7  # noqa: X\n", ["7"]),
    ],
)
def test_what_counts_as_told_in_the_header_and_around(source: str, found: list[str]) -> None:
    assert _silent(source) == found


def test_every_number_inside_a_function_is_explained() -> None:
    silent = {
        path.relative_to(ROOT).as_posix(): found
        for path in PROGRAM
        if (found := list(Numbers(path.read_text(encoding="utf-8"), network=path.parent == NETWORKS).silent()))
    }
    assert silent == {}
