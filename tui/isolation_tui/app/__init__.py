"""The dashboard. Textual is imported in this package and nowhere else.

Import :mod:`isolation_tui.app.app` to have the application; importing this package alone loads nothing heavy.
"""
