-- Entries that are pending for a consumer and gone from the stream: each becomes a dead letter without its message. Unacked they would be returned for ever.
-- KEYS: stream or retry stream, starts, dead letters
-- ARGV: group, consumer, topic, lane (m: stream, r: retry stream); then the ids
-- Returns: how many were pending still

local group, lane = ARGV[1], ARGV[4]
require_right('XACK', KEYS[1], group, '0-0')
local count = 0
for i = 5, #ARGV do
  local id = ARGV[i]
  if #redis.call('XPENDING', KEYS[1], group, id, id, 1, ARGV[2]) == 1 then
    trimmed_letter(KEYS[3], KEYS[2], group, ARGV[3], lane, id)
    redis.call('XACK', KEYS[1], group, id)
    count = count + 1
  end
end
return count
