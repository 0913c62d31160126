"""Probes of the state of the process: environment, configuration, logging, modules and their globals."""
