#!lua flags=allow-oom
-- KEYS queue, claims; marks of a shared queue   ARGV side (RPUSH: the front, LPUSH: the end), then claim number and mark for each
-- Gives claimed messages back. The claim is the guard: what a reaper took is not ours any more.
local owned = 0
for i = 2, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[2], ARGV[i])
  if value then
    redis.call('HDEL', KEYS[2], ARGV[i])
    local _, message = split(value)
    put_back(ARGV[1], KEYS[1], KEYS[3], ARGV[i + 1], message)
    owned = owned + 1
  end
end
return owned
