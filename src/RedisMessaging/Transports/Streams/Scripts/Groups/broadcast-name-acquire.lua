#!lua flags=allow-oom
-- Takes a broadcast name for one process, or renews that it has it. Nobody else may have it then, and it is not forgotten meanwhile.
-- @requires time
-- @keys holder, broadcasts
-- @args group, consumer, duration
-- KEYS: holder, broadcasts
-- ARGV: group, consumer, for how many ms it has the name
-- Returns: nil when it has the name, else who has it and since when: another answer the next time means that the other one is alive

local now = integer(now_ms())
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%S+') ~= ARGV[2] then return held end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. now, 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[1])
return nil
