"""Experiments: runs of a few tests in a chosen order, made to learn which test makes another one fail."""
