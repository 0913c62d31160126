"""Launch a suite: find the project and its interpreter, start pytest with the plugin, stop it."""

from .process import SuiteProcess
from .project import Project, describe_interpreter, find_project

__all__ = ["Project", "SuiteProcess", "describe_interpreter", "find_project"]
