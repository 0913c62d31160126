"""Text for people: made safe, measured in cells, and worded."""
