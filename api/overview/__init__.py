"""Overview: what is going on, against the usual; the regulator's table. No HTTP and no HTML in here."""
