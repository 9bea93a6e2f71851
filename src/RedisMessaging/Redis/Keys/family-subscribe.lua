-- Remembers which members there were when a group first subscribed to their family.
-- @keys members, groups
-- @args group
-- KEYS: the members, the groups
-- ARGV: the group
-- Returns: the last of those members, as its number

local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2] or '0'
redis.call('HSETNX', KEYS[2], ARGV[1], last)
local since = redis.call('HGET', KEYS[2], ARGV[1])
if tonumber(since) <= tonumber(last) then return since end
-- The registry was lost, and written again by a server whose clock is behind: all of its members came later.
return '0'
