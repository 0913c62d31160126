"""The timeline without its widget: which line shows what, and how it is drawn. Does not import Textual."""
