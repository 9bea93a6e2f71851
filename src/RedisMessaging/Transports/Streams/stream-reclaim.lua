#!lua flags=allow-oom
-- Takes over a page of entries that idled for too long. Those that are gone from the stream XAUTOCLAIM drops from the pending ones, idle or not: in the same step each
-- becomes a dead letter without its message, unless the caller has the message.
-- KEYS: stream or retry stream, starts, dead letters
-- ARGV: group, consumer, topic, lane (m: stream, r: retry stream), for how many ms an entry must have idled, cursor, count; then ids the caller has
-- Returns: what XAUTOCLAIM does

local group, lane = ARGV[1], ARGV[4]
local held = {}
for i = 8, #ARGV do held[ARGV[i]] = true end

local reply = redis.call('XAUTOCLAIM', KEYS[1], group, ARGV[2], ARGV[5], ARGV[6], 'COUNT', ARGV[7])
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for _, id in ipairs(reply[3]) do
  if not held[id] then
    local starts = redis.call('HGET', KEYS[2], lane .. id) or 0
    redis.call('XADD', KEYS[3], '*', 'm', '', 'reason', 'trimmed', 'detail', 'Entry ' .. id .. ' was trimmed or deleted while it was pending.',
      'topic', ARGV[3], 'group', group, 'position', lane == 'm' and id or '', 'starts', starts, 'at', at)
    redis.call('HDEL', KEYS[2], lane .. id)
  end
end
return reply
