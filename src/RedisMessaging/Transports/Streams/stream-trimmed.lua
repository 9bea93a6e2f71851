#!lua flags=allow-oom
-- Entries that are pending for a consumer and gone from the stream: each becomes a dead letter without its message. Unacked they would be returned for ever.
-- KEYS: stream or retry stream, starts, dead letters
-- ARGV: group, consumer, topic, lane (m: stream, r: retry stream); then the ids
-- Returns: how many were pending still

local group, lane = ARGV[1], ARGV[4]
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local count = 0
for i = 5, #ARGV do
  local id = ARGV[i]
  if #redis.call('XPENDING', KEYS[1], group, id, id, 1, ARGV[2]) == 1 then
    local starts = redis.call('HGET', KEYS[2], lane .. id) or 0
    redis.call('XADD', KEYS[3], '*', 'm', '', 'reason', 'trimmed', 'detail', 'Entry ' .. id .. ' was trimmed or deleted while it was pending.',
      'topic', ARGV[3], 'group', group, 'position', lane == 'm' and id or '', 'starts', starts, 'at', at)
    redis.call('XACK', KEYS[1], group, id)
    redis.call('HDEL', KEYS[2], lane .. id)
    count = count + 1
  end
end
return count
