"""Names and texts that a function's code mentions, read from its bytecode without running it."""

import dis
import weakref
from types import CodeType
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

GLOBAL, LOCAL, IMPORT = "global", "local", "import"


class Chain(NamedTuple):
    """A name and the attributes taken from it, one after the other: ``src.settings.currency``.

    ``root`` is what the first name is: a global, a local variable, or a module that the function imports; then
    ``level`` counts the dots of a relative import.
    """

    root: str
    names: Tuple[str, ...]
    line: int
    level: int = 0


class Mentions(NamedTuple):
    """What the code of one function mentions."""

    chains: List[Chain]
    texts: List[Tuple[str, int]]
    """String constants with their lines."""
    set: List[str]
    """Names that it sets: ``monkeypatch.setenv("NAME", ...)``, ``mapping["NAME"] = ...``."""
    emptied: List[Chain]
    """What it empties: ``CACHE.clear()``, ``price.cache_clear()``; in a fixture, only before its yield."""
    inner: List[CodeType]
    """Functions defined in it."""


_SETTING = ("setenv", "delenv", "setitem", "delitem")
"""Methods of pytest's monkeypatch; the first text after them names what they set."""

_EMPTYING = ("clear", "cache_clear")

_known: Dict[int, Tuple[Any, Mentions]] = {}


def mentions(code: CodeType) -> Mentions:
    """What ``code`` mentions; each code is read once."""
    known = _known.get(id(code))
    if known is not None and known[0]() is code:
        return known[1]
    found = _read(code)
    number = id(code)
    _known[number] = weakref.ref(code, lambda _: _known.pop(number, None)), found
    return found


_BETWEEN = ("PUSH_NULL", "CACHE", "PRECALL", "EXTENDED_ARG", "RESUME", "NOP")


def _read(code: CodeType) -> Mentions:
    found = Mentions([], [], [], [], [each for each in code.co_consts if type(each) is CodeType])
    lines = dict(dis.findlinestarts(code))
    aliases: Dict[str, Chain] = {}
    """Local names of what the function imports."""
    line, chain = code.co_firstlineno, None
    constants: List[Any] = [0, 0]
    last, setting, yielded = "", 0, False
    for step in dis.get_instructions(code):
        line = lines.get(step.offset) or line
        name, value = step.opname, step.argval
        if name in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM") and chain is not None:
            if value in _EMPTYING:
                emptied = found.chains.pop()
                if not yielded:
                    found.emptied.append(emptied)
                chain = None
                continue
            taken = chain._replace(names=(*chain.names, str(value)), line=line)
            found.chains.append(taken)
            if name != "IMPORT_FROM":
                chain = taken
                continue
            aliases["*"] = taken  # until its STORE
            continue
        if name.startswith("STORE_") and "*" in aliases:
            aliases[str(value)] = aliases.pop("*")
            continue  # the module is still on the stack, for the next name
        if name.startswith("STORE_") and chain is not None and chain.root == IMPORT:
            aliases[str(value)] = chain._replace(names=(chain.names[0].partition(".")[0], *chain.names[1:]))
        if name in _BETWEEN:
            continue
        yielded = yielded or name == "YIELD_VALUE"
        if name == "BUILD_CONST_KEY_MAP":  # the keys of a dict display name no state
            del found.texts[-len(constants[1]) :]
        if name in ("STORE_SUBSCR", "DELETE_SUBSCR") and last == "LOAD_CONST" and found.texts:
            text = found.texts.pop()[0]
            if not yielded:
                found.set.append(text)
        last = name
        chain = _root(name, value, line, constants, aliases)
        if chain is not None:
            found.chains.append(chain)
        elif name in ("LOAD_CONST", "RETURN_CONST", "LOAD_SMALL_INT"):
            constants = [constants[1], value]
            texts = value if type(value) in (tuple, frozenset) else (value,)
            texts = [text for text in texts if type(text) is str]
            if texts and found.chains and found.chains[-1].names[-1] in _SETTING and setting != len(found.chains):
                setting = len(found.chains)
                text = texts.pop(0)
                if not yielded:
                    found.set.append(text)
            found.texts.extend((text, line) for text in texts)
    return found


def _root(name: str, value: Any, line: int, constants: List[Any], aliases: Dict[str, Chain]) -> Optional[Chain]:
    if name in ("LOAD_GLOBAL", "LOAD_NAME"):
        return Chain(GLOBAL, (str(value),), line)
    if name.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF")):
        variable = str(value[-1] if type(value) is tuple else value)
        alias = aliases.get(variable)
        return alias._replace(line=line) if alias is not None else Chain(LOCAL, (variable,), line)
    if name == "IMPORT_NAME":
        level = constants[0] if type(constants[0]) is int else 0
        return Chain(IMPORT, (str(value),), line, level)
    return None
