"""Text for people: made safe, measured in cells, and worded. Loads nothing heavy."""
