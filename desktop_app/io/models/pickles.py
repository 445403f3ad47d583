"""Reading the pickles inside PyTorch files without running anything.

A pickle is a small program for a stack machine, and the usual reader does whatever it says. This one knows only the
instructions that build plain values, and hands every name of a class or function to its caller, who decides what
stands for it. Nothing is imported and nothing of the file is ever called.
"""

from __future__ import annotations

import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_MARK = object()
_PLAIN = frozenset({
    "BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES",
    "BINBYTES8",
})  # fmt: skip
_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_SIZES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}  # elements, as the pickle protocol defines the opcodes
_KEYS = (str, int, float, bytes, type(None))


class RefusedPickle(ValueError):
    """A pickle that holds more than plain values."""


class DamagedPickle(RefusedPickle):
    """A pickle that makes no sense."""


@dataclass(slots=True)
class Instance:
    """An object of some class, of which only the name and the values are kept.

    Attributes:
        kind: Full name of its class.
        values: What was stored of it.
    """

    kind: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Builder:
    """Stands for a class or function of the file.

    Attributes:
        build: From the arguments in the file to a value; our own code, never the file's.
    """

    build: Callable[..., Any]


Find = Callable[[str, str], Any]
Fetch = Callable[[Any], Any]


def read_pickle(data: bytes, find: Find, fetch: Fetch) -> Any:
    """The value that a pickle describes.

    Args:
        data: The pickle.
        find: From module and name to what stands for it: a ``Builder`` or a plain value. Raises ``RefusedPickle`` for
            everything it does not know.
        fetch: From a persistent id to its value.

    Raises:
        RefusedPickle: If the pickle holds anything else.
        DamagedPickle: If it makes no sense.
    """
    machine = _Machine(find, fetch)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of unknown escapes in texts, which stay as they are
            for code, argument, _ in pickletools.genops(data):
                if code.name == "STOP":
                    return machine.pop()
                machine.do(code.name, argument)
    except RefusedPickle:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, ArithmeticError) as error:
        raise DamagedPickle(f"{error!r}") from error
    raise DamagedPickle("it has no end")


class _Machine:
    def __init__(self, find: Find, fetch: Fetch) -> None:
        self._find, self._fetch = find, fetch
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._actions: dict[str, Callable[[Any], None]] = {
            "PROTO": self._nothing, "FRAME": self._nothing, "MARK": self._mark, "POP": self._drop,
            "POP_MARK": self._drop_marked, "DUP": self._double,
            "TUPLE": self._tuple, "EMPTY_LIST": self._new_list, "LIST": self._list, "APPEND": self._append,
            "APPENDS": self._extend, "EMPTY_DICT": self._new_dict, "DICT": self._dict, "SETITEM": self._set,
            "SETITEMS": self._set_many, "PUT": self._put, "BINPUT": self._put, "LONG_BINPUT": self._put,
            "MEMOIZE": self._memoize, "GET": self._get, "BINGET": self._get, "LONG_BINGET": self._get,
            "GLOBAL": self._global, "STACK_GLOBAL": self._stack_global, "BINPERSID": self._persistent,
            "REDUCE": self._call, "NEWOBJ": self._call, "BUILD": self._state,
        }  # fmt: skip

    def do(self, name: str, argument: Any) -> None:
        if name in _PLAIN:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _SIZES:
            self._stack.append(tuple(reversed([self.pop() for _ in range(_SIZES[name])])))
        elif name in self._actions:
            self._actions[name](argument)
        else:
            raise RefusedPickle(f"instruction {name}")

    def pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise DamagedPickle("a mark where a value should be")
        return value

    def _marked(self) -> list[Any]:
        """The values above the last mark, which are taken off together with it."""
        items = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _top(self, kind: type[Any]) -> Any:
        if not self._stack or not isinstance(self._stack[-1], kind):
            raise DamagedPickle(f"no {kind.__name__} where one should be")
        return self._stack[-1]

    def _nothing(self, _: Any) -> None:
        """Headers say nothing that is needed."""

    def _mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def _drop(self, _: Any) -> None:
        self._stack.pop()

    def _drop_marked(self, _: Any) -> None:
        self._marked()

    def _double(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._marked()))

    def _new_list(self, _: Any) -> None:
        self._stack.append([])

    def _list(self, _: Any) -> None:
        self._stack.append(self._marked())

    def _append(self, _: Any) -> None:
        item = self.pop()
        self._top(list).append(item)

    def _extend(self, _: Any) -> None:
        items = self._marked()
        self._top(list).extend(items)

    def _new_dict(self, _: Any) -> None:
        self._stack.append({})

    def _dict(self, _: Any) -> None:
        self._stack.append(table(self._marked()))

    def _set(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self._top(dict).update(table([key, value]))

    def _set_many(self, _: Any) -> None:
        items = self._marked()
        self._top(dict).update(table(items))

    def _put(self, index: Any) -> None:
        self._memo[int(index)] = self._stack[-1]

    def _memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, index: Any) -> None:
        self._stack.append(self._memo[int(index)])

    def _global(self, argument: Any) -> None:
        module, _, name = str(argument).partition(" ")
        self._stack.append(self._find(module, name))

    def _stack_global(self, _: Any) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise DamagedPickle("a name that is no text")
        self._stack.append(self._find(module, name))

    def _persistent(self, _: Any) -> None:
        self._stack.append(self._fetch(self.pop()))

    def _call(self, _: Any) -> None:
        arguments, builder = self.pop(), self.pop()
        if not isinstance(builder, Builder) or not isinstance(arguments, tuple):
            raise RefusedPickle("a call of something that is no known class")
        self._stack.append(builder.build(*arguments))

    def _state(self, _: Any) -> None:
        state, value = self.pop(), self._stack[-1]
        if isinstance(value, Instance):
            value.values.update(state if isinstance(state, dict) else {"": state})
        elif not isinstance(value, dict):
            raise RefusedPickle("a state for something that is no known class")


def table(items: list[Any]) -> dict[Any, Any]:
    """A table of key, value, key, value …; only plain keys, whose hash cannot be made to take for ever.

    Raises:
        RefusedPickle: If a key is anything else.
    """
    keys, values = items[::2], items[1::2]
    if len(keys) != len(values) or not all(isinstance(key, _KEYS) for key in keys):
        raise RefusedPickle("a table with keys that are neither text nor numbers")
    return dict(zip(keys, values, strict=True))
