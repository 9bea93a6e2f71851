#!lua flags=allow-oom
-- Cancels a message that is not due yet. Its id is forgotten with it: what was never handed out may be published again. The message goes
-- first: left behind without its name it would be found and become due after all.
-- @requires refusals
-- @keys scheduled, messages, ids
-- @args id
-- KEYS: scheduled, the scheduled messages, ids
-- ARGV: its id
-- Returns: 0 when it is not there any more

if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
-- Fails here and not behind the message where that holds something else.
redis.call('ZSCORE', KEYS[3], ARGV[1])
require_right('HDEL', KEYS[2], ARGV[1])
require_right('ZREM', KEYS[1], ARGV[1])
require_right('ZREM', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
