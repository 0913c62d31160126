"""What the plugin does once, when it is imported: watch imports, skip assert rewriting, hide from coverage."""
