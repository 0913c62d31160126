"""Launching: find the project and its interpreter, put the plugin into it, start pytest, stop it."""

from .process import SuiteProcess
from .project import Project, describe_interpreter, find_project

__all__ = ["Project", "SuiteProcess", "describe_interpreter", "find_project"]
