#!/usr/bin/python3
"""Another program at the database: says SQL, by default takes the write lock; says so, and lets go when stdin closes."""
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
for statement in (sys.argv[2] if len(sys.argv) > 2 else "BEGIN EXCLUSIVE").split(";"):
    connection.execute(statement).fetchall()
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
connection.close()
