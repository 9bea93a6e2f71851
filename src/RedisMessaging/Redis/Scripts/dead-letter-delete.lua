#!lua flags=allow-oom
-- Deletes a dead letter where an index tells which are there. The index comes last: an entry of it that names no dead letter does no harm.
-- @requires refusals
-- @keys deadLetters, index
-- @args id
-- KEYS: dead letters, index
-- ARGV: id
-- Returns: 1 when it was there

local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then return 0 end
require_right('HDEL', KEYS[2], 'f')
local deleted = redis.call('XDEL', KEYS[1], ARGV[1])
for i = 1, #entry[2], 2 do
  if entry[2][i] == 'once' then redis.call('HDEL', KEYS[2], entry[2][i + 1]) end
end
return deleted
