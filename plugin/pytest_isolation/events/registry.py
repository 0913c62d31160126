"""Every kind of fact, registered where its class is defined."""

from typing import Any, Dict, Type, TypeVar

Kind = TypeVar("Kind", bound="Type[Any]")

KINDS: Dict[str, Type[Any]] = {}
"""Every kind of fact by its name on the wire."""


def fact(kind: Kind) -> Kind:
    """Register a named tuple as a kind of fact: its class's name and its fields, in order, are what is on the wire."""
    KINDS[kind.__name__] = kind
    return kind
