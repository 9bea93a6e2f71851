#!lua flags=allow-oom
-- Writes a reply to its asker's stream. It goes with its asker: a stream that nobody looks after expires. Also when Redis is full, since an ack waits for it, and it is bounded.
-- KEYS: the stream
-- ARGV: the reply, how many the stream keeps, for how many ms it is kept at least
-- Returns: its id

local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'm', ARGV[1])
-- Another reply may be wanted for longer.
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return id
