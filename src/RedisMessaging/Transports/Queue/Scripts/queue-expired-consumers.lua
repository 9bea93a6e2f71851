#!lua flags=no-writes
-- The consumers whose lease is over, by the server's clock.
-- @requires time
-- @keys consumers
-- @args lease
-- KEYS: consumers
-- ARGV: lease in ms
-- Returns: at most 16 of them

return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms() - ARGV[1], 'LIMIT', 0, 16)
