#!lua flags=allow-oom
-- KEYS claims   ARGV then claim number and mark for each
-- Records that a handler is being started, where the reaper will find it.
local owned = 0
for i = 1, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value then
    local marked = string.match(value, '^rm[~!]%d+\n()')
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. (marked and string.sub(value, marked) or value))
    owned = owned + 1
  end
end
return owned
