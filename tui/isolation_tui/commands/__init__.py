"""The commands, one module each (``launch``, ``prove``, ``replay``, ``fix``), and what runs them headless or not.

A command's module is imported when the command is run, and Textual when the dashboard is shown.
"""
