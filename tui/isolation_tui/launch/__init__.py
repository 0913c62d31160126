"""Launching: find the project and its interpreter, put the plugin into it, start pytest, stop it."""

from .process import SuiteProcess
from .project import Project, find_project

__all__ = ["Project", "SuiteProcess", "find_project"]
