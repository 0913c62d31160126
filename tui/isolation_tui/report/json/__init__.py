"""The JSON document of a run, one module for each part of it."""
