#!lua flags=allow-oom
-- Publishes a dead letter again, to everybody who listens, and removes it.
-- @requires refusals
-- @keys deadLetters, index
-- @args id, message, fallbackChannel, ignoresCount, command, channelPrefix
-- KEYS: dead letters, index
-- ARGV: id, message, the channel for one that does not tell its own, 1 when the count of receivers tells nothing (a cluster's node knows
--   only its own), the command to publish with, what channels have in front of their stored names
-- Returns: 0 when it is not there any more, or nobody listens: then it stays

local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then return 0 end
local channel, once = ARGV[3], nil
for i = 1, #entry[2], 2 do
  if entry[2][i] == 'channel' then channel = entry[2][i + 1] end
  if entry[2][i] == 'once' then once = entry[2][i + 1] end
end
-- Published, it must be possible to remove it: else each attempt would publish it again.
require_right('XDEL', KEYS[1], ARGV[1])
if once then require_right('HDEL', KEYS[2], once) end
-- First: when it is refused, nothing has been removed.
if redis.call(ARGV[5], ARGV[6] .. channel, ARGV[2]) == 0 and ARGV[4] == '0' then return 0 end
if once then redis.call('HDEL', KEYS[2], once) end
return redis.call('XDEL', KEYS[1], ARGV[1])
