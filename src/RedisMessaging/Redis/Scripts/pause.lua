#!lua flags=allow-oom
-- Pauses a topic's consumers or a group's, or has them continue, and wakes those that wait for word of it.
-- @requires time
-- @keys paused, signal
-- @args field, pauses
-- KEYS: paused, signal
-- ARGV: field, 1 to pause
-- Returns: 1 when that changed anything

-- Also when nothing changes: somebody may have missed the last one. It comes first: refused behind the change, the change would stand and
-- no consumer would notice it.
redis.call('XADD', KEYS[2], 'MAXLEN', 1, '*', 'paused', ARGV[2])
if ARGV[2] == '1' then return redis.call('HSETNX', KEYS[1], ARGV[1], integer(now_ms())) end
return redis.call('HDEL', KEYS[1], ARGV[1])
