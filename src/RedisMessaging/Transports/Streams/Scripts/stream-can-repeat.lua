#!lua
-- Whether an XADD to the stream can be repeated (IDMP). NOMKSTREAM: to a key that is not there nothing is added, and it says so; a server
-- that does not know IDMP reads it as an entry's id.
-- @requires idempotence
-- @keys stream, never
-- KEYS: stream, a key that never exists
-- Returns: 1 or 0

if redis.pcall('XADD', KEYS[2], 'NOMKSTREAM', 'IDMP', 'producer', 'id', '*', 'm', '') then return 0 end
return remembers(KEYS[1], 0) and 1 or 0
