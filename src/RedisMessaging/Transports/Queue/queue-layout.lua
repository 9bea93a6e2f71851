#!lua flags=allow-oom
-- KEYS layout   ARGV our version
-- Stamps a new queue with the version of its layout. Returns the one it has.
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return tonumber(redis.call('GET', KEYS[1]))
