-- Remembers which members there were when a group first subscribed to their family.
-- KEYS: the members, the groups
-- ARGV: the group
-- Returns: the last of those members, as its number

local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2] or '0'
redis.call('HSETNX', KEYS[2], ARGV[1], last)
return redis.call('HGET', KEYS[2], ARGV[1])
