# Answers each line with the number of events in the database, until there are no more lines. It only reads, and
# with a write-ahead log readers hold nobody up.
import sqlite3
import sys

database = sqlite3.connect("file:db.sqlite3?mode=ro", uri=True, isolation_level=None)
for _ in sys.stdin:
    print(database.execute("SELECT count(*) FROM events_event").fetchone()[0], flush=True)
