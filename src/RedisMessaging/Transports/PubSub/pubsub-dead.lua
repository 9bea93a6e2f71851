#!lua flags=allow-oom
-- Keeps a message aside, unless another process of the group has done so: all of them get the same messages.
-- KEYS: dead letters, index (a hash: what names the message → its id among the dead letters)
-- ARGV: group, message, reason, detail, topic, channel, starts
-- Returns: 1 when it was kept, 0 when it is there already

-- Somebody deleted them all by hand.
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[2]) end

-- All of a message, and not its id alone, which other programs may use twice. A group's name has no blanks.
local once = ARGV[1] .. ' ' .. redis.sha1hex(ARGV[2])
local known = redis.call('HGET', KEYS[2], once)
if known and #redis.call('XRANGE', KEYS[1], known, known) == 1 then return 0 end

local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local id = redis.call('XADD', KEYS[1], '*', 'm', ARGV[2], 'reason', ARGV[3], 'detail', ARGV[4], 'topic', ARGV[5], 'group', ARGV[1], 'position', '',
  'starts', ARGV[7], 'at', at, 'channel', ARGV[6], 'once', once)
redis.call('HSET', KEYS[2], once, id)
return 1
