"""The HTTP service: `api.app` puts it together."""
