-- Removes consumers of processes that are gone, once nothing is pending for them in either stream: XGROUP DELCONSUMER drops what is.
-- @requires xinfo
-- @keys stream, retry
-- @args group, consumer, maxIdle
-- KEYS: stream, retry stream
-- ARGV: group, this consumer, how many milliseconds of idling mean gone
-- Returns: how many were removed

local group, own, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function consumers(key)
  local found = {}
  for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', key, group)) do
    local consumer = info_of(info)
    found[consumer.name] = consumer
  end
  return found
end

local removed = 0
local waiting = consumers(KEYS[2])
for name, consumer in pairs(consumers(KEYS[1])) do
  local retries = waiting[name]
  if name ~= own and consumer.pending == 0 and consumer.idle > limit and (retries == nil or retries.pending == 0) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group, name)
    redis.call('XGROUP', 'DELCONSUMER', KEYS[2], group, name)
    removed = removed + 1
    if removed == 100 then break end
  end
end
return removed
