"""Screens that are imported when they are first shown, so that the app starts fast."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def lazy_screen(module: str, name: str) -> Callable[[], Screen[Any]]:
    """A function that makes the screen ``name`` of ``screens/module.py``."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(importlib.import_module(f".{module}", __package__), name)()
        return screen

    return make
