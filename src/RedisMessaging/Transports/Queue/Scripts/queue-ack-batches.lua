#!lua flags=allow-oom
-- Acks messages of claimed batches. The batch is the guard: what a reaper took is not ours any more. All ids are remembered before the
-- first message goes.
-- @requires time, inbox, claimed-batch
-- @keys batches, inbox, ...lists
-- @args window, ...acks
-- KEYS: the batches, inbox, then the list of each batch
-- ARGV: window in ms ('': no inbox), then for each batch its first claim number, how many of its messages are acked, how many of its
--   elements stay ('': all; what is behind them is settled), the number of indexes of others and these, the number of message ids to be
--   remembered and these
-- Returns: how many were owned

local now = now_ms()
local owned, at = 0, 2
local function next_argument()
  at = at + 1
  return ARGV[at - 1]
end
local acks = {}
for i = 3, #KEYS do
  local ack = { list = KEYS[i], first = next_argument(), count = tonumber(next_argument()), stay = next_argument(), holes = {} }
  local ours = redis.call('LLEN', ack.list) > 0
  if ours then owned = owned + ack.count end
  for j = 1, tonumber(next_argument()) do ack.holes[j] = next_argument() end
  for _ = 1, tonumber(next_argument()) do
    local id = next_argument()
    if ours then remember_handled(KEYS[2], now, id) end
  end
  acks[#acks + 1] = ack
end
for _, ack in ipairs(acks) do
  if ack.stay == '0' then redis.call('DEL', ack.list) elseif ack.stay ~= '' then redis.call('LTRIM', ack.list, 0, ack.stay - 1) end
  for _, hole in ipairs(ack.holes) do
    -- Refused when it was cut off already: a call that is repeated.
    redis.pcall('LSET', ack.list, hole, settled)
  end
  drop_when_done(KEYS[1], ack.list, ack.first)
end
if ARGV[1] ~= '' then forget_older(KEYS[2], now - ARGV[1]) end
return owned
