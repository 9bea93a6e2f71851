#!lua flags=allow-oom
-- KEYS parked, wake bell   ARGV for how many ms the note stands
-- Notes that a consumer waits for the bell: who pushes to an empty queue rings it then, and takes the note away. Returns the bell's last entry, behind which a ring comes, and 1 when
-- the note stood already.
local before = redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'GET')
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
return {last and last[1] or '0-0', before and 1 or 0}
