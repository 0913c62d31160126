"""Probes of SQLAlchemy: statements, tables, rows, reads, connections."""
