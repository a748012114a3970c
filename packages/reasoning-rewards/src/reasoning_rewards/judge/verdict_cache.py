"""Verdicts on disk, so that none is paid for twice: one SQLite file, safe to kill at any time."""

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

_TABLE: Final = "CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, value REAL NOT NULL)"


class VerdictCache:
    """Values by key, in a file or in memory.

    A cache only saves money and time, so no trouble with its file stops anything: a damaged file is
    put aside as `….damaged`, and where nothing can be written, verdicts are kept in memory.

    Args:
        path: The file, created with its folder if missing; None for memory alone.
        patience_s: How long to wait for another process that is writing.
    """

    def __init__(self, path: Path | None = None, patience_s: float = 10.0) -> None:
        self._path = path
        self._patience_s = patience_s
        self._connection = self._open()

    def get(self, keys: Iterable[str]) -> dict[str, float]:
        """Return the values of those keys that have one."""
        found = {}
        for key in keys:
            row = self._execute("SELECT value FROM verdicts WHERE key = ?", key)
            if row is not None:
                found[key] = row[0]
        return found

    def put(self, key: str, value: float) -> None:
        """Keep a value; it is on disk when this returns, unless the machine itself stops."""
        self._execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", key, value)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _execute(self, statement: str, *values: object) -> tuple[float] | None:
        try:
            return self._one(statement, *values)
        except sqlite3.Error as error:
            self._recover(error)
            return self._one(statement, *values)

    def _one(self, statement: str, *values: object) -> tuple[float] | None:
        row: tuple[float] | None = self._connection.execute(statement, values).fetchone()
        return row

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            return self._connected(":memory:")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._connected(str(self._path))
        except (sqlite3.Error, OSError) as error:
            return self._replaced(error)

    def _recover(self, error: sqlite3.Error) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()
        self._connection = self._replaced(error)

    def _replaced(self, error: Exception) -> sqlite3.Connection:
        """A new file in place of a damaged one; memory in place of one that cannot be written."""
        path, self._path = self._path, None  # the next trouble ends in memory
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
        if path is not None and damaged:
            with suppress(OSError, sqlite3.Error):
                path.replace(path.with_name(f"{path.name}.damaged"))
                for suffix in ("-wal", "-shm"):  # they belong to the damaged file
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                _log.warning("the judge's cache %s was damaged (%s): begun anew", path, error)
                return self._connected(str(path))
        _log.warning("the judge's cache %s cannot be used (%s): kept in memory", path, error)
        return self._connected(":memory:")

    def _connected(self, name: str) -> sqlite3.Connection:
        # Each statement is a transaction; the write-ahead log lets several runs share the file.
        connection = sqlite3.connect(
            name, timeout=self._patience_s, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection
