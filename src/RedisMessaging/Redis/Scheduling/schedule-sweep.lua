#!lua flags=allow-oom
-- Looks for messages that wait in a schedule and have no time at which they are due: no other script would ever find them. They become due
-- now. A page at a time.
-- @requires time
-- @keys due, messages
-- @args cursor
-- KEYS: due, messages
-- ARGV: cursor of the page
-- Returns: the next page's cursor (0 when there is none), then the names of those that were found

-- A name without its message is removed once it is due; a message without its name makes the hash the longer one.
if ARGV[1] == '0' and redis.call('HLEN', KEYS[2]) <= redis.call('ZCARD', KEYS[1]) then return { '0' } end

local page = redis.call('HSCAN', KEYS[2], ARGV[1], 'COUNT', 16)
local result = { page[1] }
for i = 1, #page[2], 2 do
  local name = page[2][i]
  if not redis.call('ZSCORE', KEYS[1], name) then
    redis.call('ZADD', KEYS[1], integer(now_ms()), name)
    result[#result + 1] = name
  end
end
return result
