-- KEYS lots, inbox, then the list of each lot   ARGV window in ms ('': no inbox), then for each lot its first claim number, how many of its messages are acked, how many of its elements
--   stay ('': all; what is behind them is settled), the number of indexes of others and these, the number of message ids to be remembered and these
-- Acks messages of lots. The lot is the guard: what a reaper took is not ours any more. Returns how many were owned.
local now
if ARGV[1] ~= '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
  -- Ids of the past go a hundred at a time: as many as a batch can bring.
  local past = redis.call('ZRANGE', KEYS[2], '-inf', now - ARGV[1], 'BYSCORE', 'LIMIT', 0, 100)
  if #past > 0 then redis.call('ZREM', KEYS[2], unpack(past)) end
end
local owned, at = 0, 2
local function next_argument()
  at = at + 1
  return ARGV[at - 1]
end
for i = 3, #KEYS do
  local lot, first, acked, stay = KEYS[i], next_argument(), tonumber(next_argument()), next_argument()
  local ours = redis.call('LLEN', lot) > 0
  if ours then owned = owned + acked end
  if stay == '0' then redis.call('DEL', lot) elseif stay ~= '' then redis.call('LTRIM', lot, 0, stay - 1) end
  for _ = 1, tonumber(next_argument()) do
    -- Refused when it was cut off already: a call that is repeated.
    redis.pcall('LSET', lot, next_argument(), settled)
  end
  for _ = 1, tonumber(next_argument()) do
    local id = next_argument()
    if ours then redis.call('ZADD', KEYS[2], now, id) end
  end
  drop_when_done(KEYS[1], lot, first)
end
return owned
