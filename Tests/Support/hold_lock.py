#!/usr/bin/python3
"""Another program at the database: takes its write lock, says so, and lets go when stdin closes."""
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
connection.close()
