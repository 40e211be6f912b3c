"""Measuring against peers, on data that never enters the project. Run by hand: `make bench`."""
