#!lua flags=allow-oom
-- Entries that are pending for a consumer and gone from the stream: each becomes a dead letter without its message. Unacked they would be
-- returned for ever.
-- @requires refusals, trimmed-dead-letter
-- @keys source, starts, deadLetters
-- @args group, consumer, topic, sourceCode, ...ids
-- KEYS: stream or retry stream, starts, dead letters
-- ARGV: group, consumer, topic, source (m: stream, r: retry stream); then the ids
-- Returns: how many were pending still

local group, source = ARGV[1], ARGV[4]
require_right('XACK', KEYS[1], group, '0-0')
local count = 0
for i = 5, #ARGV do
  local id = ARGV[i]
  if #redis.call('XPENDING', KEYS[1], group, id, id, 1, ARGV[2]) == 1 then
    trimmed_dead_letter(KEYS[3], KEYS[2], group, ARGV[3], source, id)
    redis.call('XACK', KEYS[1], group, id)
    count = count + 1
  end
end
return count
