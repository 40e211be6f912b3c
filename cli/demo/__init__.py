"""A quarter of a bank that does not exist: made-up complaints, told through the program's own doors."""

from cli.demo.folder import new_folder
from cli.demo.quarter import Person, fill

__all__ = ["Person", "fill", "new_folder"]
