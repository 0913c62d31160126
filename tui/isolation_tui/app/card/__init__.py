"""The card of one test: its cause, fixtures, rows, phases and process state."""
