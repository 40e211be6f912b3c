"""Models trained from the console: a history comes in, is looked at, and a child of the worker trains on it."""
