"""The JSON document, a file a part."""
