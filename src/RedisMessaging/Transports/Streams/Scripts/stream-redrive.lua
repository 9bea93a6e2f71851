#!lua flags=allow-oom
-- Puts a dead letter back, to the group that failed with it alone: it is either here or there. One that reached no group goes to the stream
-- itself.
-- @requires refusals, entry
-- @keys deadLetters, target
-- @args id, message, position, isOwn, toStream
-- KEYS: dead letters, the group's retry stream, or the stream
-- ARGV: id, message, original position, 1 when the group is one process's own (Broadcast), 1 when it goes to the stream
-- Returns: 0 when another process was quicker, or when that process is gone: no consumer would ever read it

if ARGV[4] == '1' and redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then return 0 end
require_right('XDEL', KEYS[1], ARGV[1])
if ARGV[5] == '1' then
  local why = unfit_of(ARGV[2])
  if why then return redis.error_reply('ERR ' .. why) end
  redis.call('XADD', KEYS[2], '*', fields_of(ARGV[2]))
else
  redis.call('XADD', KEYS[2], '*', 'm', ARGV[2], 's', 0, 'p', ARGV[3])
end
return redis.call('XDEL', KEYS[1], ARGV[1])
