-- What a key is bound by, and when it was used last: written once a minute at most, while it is used.
ALTER TABLE api_keys ADD COLUMN per_second REAL;
ALTER TABLE api_keys ADD COLUMN burst INTEGER;
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;
