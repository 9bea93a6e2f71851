-- Has a group read its stream from the beginning, where the stream ends before what the group was given last.
-- @keys stream
-- @args group
-- KEYS: stream
-- ARGV: group
-- Returns: 1, or 0 when it does not

local done = redis.pcall('XGROUP', 'SETID', KEYS[1], ARGV[1], '0')
return done.err and 0 or 1
