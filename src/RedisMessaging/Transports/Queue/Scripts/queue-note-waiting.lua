#!lua flags=allow-oom
-- Notes that a consumer waits for the signal: who pushes to an empty queue signals then, and takes the note away.
-- @keys waitingConsumers, wake
-- @args duration
-- KEYS: the note, signal
-- ARGV: for how many ms the note stands
-- Returns: the signal's last entry, behind which the next one comes, and 1 when the note stood already

local before = redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'GET')
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
return {last and last[1] or '0-0', before and 1 or 0}
