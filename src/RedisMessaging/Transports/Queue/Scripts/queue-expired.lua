#!lua flags=no-writes
-- KEYS consumers   ARGV lease in ms
-- The consumers whose lease is over, by the server's clock.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1], 'LIMIT', 0, 16)
