-- Claimed messages wait for another attempt, each with the mark that it goes back with. The claim is the guard: what a reaper took is not ours any more.
-- KEYS: claims, retries, their messages, bell
-- ARGV: consumer, then claim number, mark and delay in ms for each
-- Returns: how many were owned

local owned = 0
for i = 2, #ARGV, 3 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value then
    local marked = string.match(value, '^rm[~!]%d+\n()')
    keep(KEYS[2], KEYS[3], KEYS[4], ARGV[1] .. '/' .. ARGV[i], ARGV[i + 2], ARGV[i + 1] .. (marked and string.sub(value, marked) or value))
    redis.call('HDEL', KEYS[1], ARGV[i])
    owned = owned + 1
  end
end
return owned
