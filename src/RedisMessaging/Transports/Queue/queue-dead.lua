#!lua flags=allow-oom
-- KEYS claims, dead letters   ARGV limit, for how many ms dead letters are kept (0: for ever), topic, group, then claim number, starts, reason and detail for each
-- Moves claimed messages to the dead letters. Returns how many were owned, and how many old dead letters had to go.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local owned = 0
for i = 5, #ARGV, 4 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value then
    redis.call('HDEL', KEYS[1], ARGV[i])
    local marked = string.match(value, '^rm[~!]%d+\n()')
    redis.call('XADD', KEYS[2], '*', 'm', marked and string.sub(value, marked) or value, 'reason', ARGV[i + 2], 'detail', ARGV[i + 3],
      'topic', ARGV[3], 'group', ARGV[4], 'position', '', 'starts', ARGV[i + 1], 'at', now)
    owned = owned + 1
  end
end
local trimmed = 0
if owned > 0 then
  trimmed = redis.call('XTRIM', KEYS[2], 'MAXLEN', ARGV[1])
  if ARGV[2] ~= '0' then
    trimmed = trimmed + redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f', now - ARGV[2]))
  end
end
return {owned, trimmed}
