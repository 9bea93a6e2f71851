#!lua flags=allow-oom
-- Writes a dead letter, unless another process of the group has done so: all of them get the same messages.
-- @requires refusals, dead-letter
-- @keys deadLetters, index
-- @args group, message, reason, detail, topic, channel, starts
-- KEYS: dead letters, index (a hash: what names the message → its id among the dead letters)
-- ARGV: group, message, reason, detail, topic, channel, starts
-- Returns: 1 when it was written, 0 when it is there already
-- removes first because the index is of dead letters that somebody deleted all at once; it holds no message

-- All of a message, and not its id alone, which other programs may use twice. A group's name has no blanks.
local once = ARGV[1] .. ' ' .. redis.sha1hex(ARGV[2])
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[2])
else
  local known = redis.call('HGET', KEYS[2], once)
  if known and #redis.call('XRANGE', KEYS[1], known, known) == 1 then return 0 end
end

-- Refused behind the dead letter, it would be written once for each process, and again at each attempt.
require_right('HSET', KEYS[2], 'f', 'v')
local id = dead_letter(KEYS[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[1], '', ARGV[7], 'channel', ARGV[6], 'once', once)
redis.call('HSET', KEYS[2], once, id)
return 1
