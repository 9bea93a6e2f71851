#!lua flags=no-writes
-- Whether something that is pending may be gone from its stream: only then is it worth looking at each.
-- @requires xinfo
-- @keys stream, retry
-- @args group
-- KEYS: stream, retry stream
-- ARGV: group
-- Returns: for each stream, one after the other: how many entries are pending, 1 when the first of them is gone, and how many entries the
--   stream has lost so far

local found = {}
for _, key in ipairs(KEYS) do
  local pending = redis.call('XPENDING', key, ARGV[1])
  local info = redis.call('XINFO', 'STREAM', key)
  local gone = pending[1] > 0 and #redis.call('XRANGE', key, pending[2], pending[2]) == 0
  found[#found + 1] = pending[1]
  found[#found + 1] = gone and 1 or 0
  found[#found + 1] = field_of(info, 'entries-added') - field_of(info, 'length')
end
return found
