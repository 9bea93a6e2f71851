#!lua flags=allow-oom
-- Writes a reply to its asker's stream. It goes with its asker: a stream that no process looks after expires. Also when Redis is full,
-- since an ack waits for it, and it is bounded.
-- @requires refusals
-- @keys stream
-- @args reply, maxLength, minDuration
-- KEYS: the stream
-- ARGV: the reply, how many the stream keeps, for how many ms it is kept at least
-- Returns: its id

-- Refused afterwards, the reply would be written at every attempt.
require_right('PEXPIRE', KEYS[1], ARGV[3])
-- Another reply may be wanted for longer.
local left = redis.call('PTTL', KEYS[1])
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'm', ARGV[1])
if left < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return id
