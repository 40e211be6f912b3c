"""The routes: thin, over `api.service`."""
