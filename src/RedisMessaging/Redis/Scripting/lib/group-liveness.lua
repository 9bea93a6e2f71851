-- When a group's consumers showed life last: a group whose consumers are gone for good must not keep a stream from being trimmed.
-- The hash has a field for every group: when that was, in ms since 1970 by the server's clock. When it is announced that nobody came back,
-- also when that was, and how many entries that the group had not read were trimmed since: "1763712000123 1764316800456 25".
-- @requires time

local function read_seen(value)
  local at, announced, missed = string.match(value, '^(%d+) ?(%d*) ?(%d*)$')
  return tonumber(at), tonumber(announced), tonumber(missed)
end

-- Returns how many entries were trimmed that the group had not read, or -1 when it was not announced as abandoned.
local function show_life(seen, group)
  local value = redis.call('HGET', seen, group)
  redis.call('HSET', seen, group, integer(now_ms()))
  if not value then return -1 end
  local _, _, missed = read_seen(value)
  return missed or -1
end
