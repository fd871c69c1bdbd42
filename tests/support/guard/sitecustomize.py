"""Python imports this at its start where this folder is on PYTHONPATH: see `guarded_environment`."""

import live_calls  # type: ignore[import-not-found]

live_calls.forbid()
