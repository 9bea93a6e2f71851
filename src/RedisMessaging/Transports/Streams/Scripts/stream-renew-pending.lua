#!lua flags=allow-oom
-- Renews what is pending for a consumer, whether it has arrived there or not: a large reply is on its way for long.
-- @keys stream, retry
-- @args group, consumer, minIdle
-- KEYS: stream, retry stream
-- ARGV: group, consumer, for how many ms an entry must have idled
-- Returns: how many were renewed

local renewed = 0
for _, key in ipairs(KEYS) do
  local ids = {}
  for i, entry in ipairs(redis.call('XPENDING', key, ARGV[1], 'IDLE', ARGV[3], '-', '+', 1000, ARGV[2])) do ids[i] = entry[1] end
  if #ids > 0 then
    ids[#ids + 1] = 'JUSTID'
    redis.call('XCLAIM', key, ARGV[1], ARGV[2], 0, unpack(ids))
    renewed = renewed + #ids - 1
  end
end
return renewed
