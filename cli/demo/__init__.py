"""A quarter of a bank that does not exist: made-up complaints, told through the program's own doors."""
