"""What happens once, when the plugin is imported: watch imports, skip assert rewriting, hide from coverage."""
