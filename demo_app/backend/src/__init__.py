"""Inventory and orders: a small warehouse backend."""
