"""Widgets of the screens. They show a run and never change it."""
