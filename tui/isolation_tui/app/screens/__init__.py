"""One file a screen. It asks ``self.workbench`` for the run, and sends it intents; it holds no model of its own."""
