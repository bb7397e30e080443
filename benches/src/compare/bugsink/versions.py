# Prints what it all runs on.
import platform
import sqlite3
from importlib.metadata import version

packages = ", ".join(f"{name} {version(name)}" for name in ("gunicorn", "Django"))
print(f"Bugsink {version('bugsink')} ({packages}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version})")
