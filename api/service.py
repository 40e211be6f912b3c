"""What serves now: one `Serving`, replaced as a whole when a model is taken up or the rules are switched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from api.schemas import Refused
from api.serving import Serving
from models import Bundle


class Service:
    """Holds what serves.

    Parameters
    ----------
    bundle : Bundle
        The model to begin with.
    taxonomy : Path, optional
        A bank's own taxonomy file, for whatever model serves; by default the one that travels with each.

    Attributes
    ----------
    serving : Serving
        Whoever answers takes it once and stays with it: the next moment there may be another.
    refused : Refused or None
        The model that should serve, and why it does not.

    Raises
    ------
    TaxonomyError
        If the file is bad, or lacks a category the model knows.
    """

    def __init__(self, bundle: Bundle, taxonomy: Path | None = None) -> None:
        self._taxonomy = taxonomy
        self._changing = threading.Lock()  # each change begins from what the one before has left
        self.serving = Serving.of(bundle, taxonomy)
        self.refused: Refused | None = None

    def take_up(self, bundle: Bundle) -> None:
        """Serve by another model and the same rules.

        Raises
        ------
        TaxonomyError
            If the bank's own taxonomy lacks a category the model knows.
        RulesError
            If the rules in force cannot be used with the model's taxonomy.
        """
        self.change(Serving.of(bundle, self._taxonomy).after)

    def try_out(self, bundle: Bundle) -> None:
        """Do all that `take_up` does, and go on serving as before; errors as there."""
        Serving.of(bundle, self._taxonomy).after(self.serving).prepared()

    def change(self, make: Callable[[Serving], Serving]) -> None:
        """Serve by what `make` makes of what serves, once all of it is ready. If it raises, nothing has changed."""
        with self._changing:
            self.serving = make(self.serving).prepared()
