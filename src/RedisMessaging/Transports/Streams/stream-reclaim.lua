#!lua flags=allow-oom
-- Takes over a page of entries that idled for too long. Those that are gone from the stream XAUTOCLAIM drops from the pending ones, idle or not: in the same step each
-- becomes a dead letter without its message, unless the caller has the message.
-- KEYS: stream or retry stream, starts, dead letters
-- ARGV: group, consumer, topic, lane (m: stream, r: retry stream), for how many ms an entry must have idled, cursor, count, how many bytes the entries may have together, save for a single one
--   that is larger; then ids the caller has
-- Returns: what XAUTOCLAIM does

local group, lane = ARGV[1], ARGV[4]
local held = {}
for i = 9, #ARGV do held[ARGV[i]] = true end

local cursor, left, room, step, bytes = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), 1, 0
local claimed, deleted = {}, {}
repeat
  -- A few at first: it takes a count and no number of bytes.
  local count = math.min(step, left)
  local reply = redis.call('XAUTOCLAIM', KEYS[1], group, ARGV[2], ARGV[5], cursor, 'COUNT', count)
  cursor = reply[1]
  for _, entry in ipairs(reply[2]) do
    claimed[#claimed + 1] = entry
    for _, part in ipairs(entry[2]) do bytes = bytes + #part end
  end
  for _, id in ipairs(reply[3] or {}) do deleted[#deleted + 1] = id end
  left = left - count
  step = step * 2
  if #claimed > 0 then step = math.min(step, math.floor((room - bytes) * #claimed / math.max(bytes, 1))) end
until left <= 0 or step < 1 or cursor == '0-0'

local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for _, id in ipairs(deleted) do
  if not held[id] then
    local starts = redis.call('HGET', KEYS[2], lane .. id) or 0
    redis.call('XADD', KEYS[3], '*', 'm', '', 'reason', 'trimmed', 'detail', 'Entry ' .. id .. ' was trimmed or deleted while it was pending.',
      'topic', ARGV[3], 'group', group, 'position', lane == 'm' and id or '', 'starts', starts, 'at', at)
    redis.call('HDEL', KEYS[2], lane .. id)
  end
end
return { cursor, claimed, deleted }
