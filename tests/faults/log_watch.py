"""Everything that is logged, at debug level, by whomever: does it hold a key?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class LogWatch(logging.Handler):
    """Listens for secrets. `heard`: who has logged; `leaks`: what held one."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__(logging.DEBUG)
        self._secrets = secrets
        self.heard: set[str] = set()
        self.leaks: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = self.format(record)
        self.heard.add(record.name)
        if any(secret in said for secret in self._secrets):
            self.leaks.append(f"{record.name}: {said}")


@contextmanager
def watching_logs(watch: logging.Handler) -> Iterator[None]:
    """All loggers at debug level, and nobody but `watch` to listen: pytest would keep every line."""
    root = logging.getLogger()
    loggers = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    before = {logger: (logger.level, logger.handlers) for logger in [root, *loggers]}
    for logger in before:
        logger.setLevel(logging.DEBUG)
        logger.handlers = []  # one of IBM's prints what urllib3 logs
    root.handlers = [watch]
    try:
        yield
    finally:
        for logger, (level, handlers) in before.items():
            logger.setLevel(level)
            logger.handlers = handlers
