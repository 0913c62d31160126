"""The commands: one module each (``launch``, ``replay``, ``fix``), and what drives them with a screen or without.

A command's module is loaded when the command is asked for, and Textual only when the dashboard is shown.
"""
