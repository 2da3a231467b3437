-- What the values of each attribute are, since it was first used: string, number, boolean, date, list, object.
CREATE TABLE attribute_types (
  name TEXT PRIMARY KEY NOT NULL,
  type TEXT NOT NULL
) WITHOUT ROWID;
