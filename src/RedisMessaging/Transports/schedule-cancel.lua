#!lua flags=allow-oom
-- Cancels a message that is not due yet. Its id is forgotten with it: what was never handed out may be published anew.
-- KEYS: scheduled, the scheduled messages, ids
-- ARGV: its id
-- Returns: 0 when it is not there any more

if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
