"""The 18 tables, one module per area. Import the module you need; nothing is imported here."""
