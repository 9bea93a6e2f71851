#!lua flags=allow-oom
-- KEYS queue, claims, arrivals, consumers, lots, list of a new lot; marks of a shared queue   ARGV consumer, first claim number, how many, from how many on they become a lot
-- Renews the consumer's lease and moves messages into its claims: first what BLMOVE parked for it, then what waits. Returns 1 when the
-- consumer was not registered, and what was moved, or how many when they became a lot.
local time = redis.call('TIME')
local anew = redis.call('ZADD', KEYS[4], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
local wanted = tonumber(ARGV[3])
local taken = redis.call('RPOP', KEYS[3], wanted) or {}
if #taken == 0 then
  local waiting = redis.call('LLEN', KEYS[1])
  local count = math.min(waiting, wanted)
  if count > 0 and count >= tonumber(ARGV[4]) then
    -- BY a constant sorts nothing, and STORE copies a range of the list without sending it anywhere.
    redis.call('SORT', KEYS[1], 'BY', 'nosort', 'LIMIT', waiting - count, count, 'STORE', KEYS[6])
    if count < waiting then redis.call('LTRIM', KEYS[1], 0, waiting - count - 1) else redis.call('DEL', KEYS[1]) end
    redis.call('HSET', KEYS[5], ARGV[2], count)
    return {anew, count}
  end
end
if #taken < wanted then
  local waiting = redis.call('RPOP', KEYS[1], wanted - #taken)
  if waiting then
    for i = 1, #waiting do
      taken[#taken + 1] = waiting[i]
    end
  end
end
if KEYS[7] then mark_all(KEYS[7], KEYS[1], taken) end
if #taken > 0 then
  local first = tonumber(ARGV[2])
  local claims = {}
  for i = 1, #taken do
    claims[2 * i - 1] = first + i - 1
    claims[2 * i] = taken[i]
  end
  redis.call('HSET', KEYS[2], unpack(claims))
end
return {anew, taken}
