// The system's SQLite, and what Swift cannot import from its header: a variadic function and macros that are pointers.
#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

/// `sqlite3_db_config` for the options that take a switch and nothing else.
static inline int csqlite_db_config_switch(sqlite3 *db, int option, int on) {
  return sqlite3_db_config(db, option, on, (int *)0);
}

/// Without figures of its memory SQLite needs no lock for every allocation: threads no longer wait for one another there.
/// To be called before anything else of SQLite; later it does nothing.
static inline void csqlite_forgo_memory_figures(void) {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// `sqlite3_bind_text` and `sqlite3_bind_blob` with SQLITE_TRANSIENT: SQLite takes a copy at once.
static inline int csqlite_bind_text_copy(sqlite3_stmt *statement, int place, const void *bytes, int count) {
  return sqlite3_bind_text(statement, place, (const char *)bytes, count, SQLITE_TRANSIENT);
}

static inline int csqlite_bind_blob_copy(sqlite3_stmt *statement, int place, const void *bytes, int count) {
  return sqlite3_bind_blob(statement, place, bytes, count, SQLITE_TRANSIENT);
}

#endif
