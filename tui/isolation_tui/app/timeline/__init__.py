"""The timeline without its widget: what stands in which line and column, and how a line is drawn. No Textual here."""
