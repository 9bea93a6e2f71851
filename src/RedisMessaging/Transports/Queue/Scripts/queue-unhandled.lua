#!lua flags=allow-oom
-- Counts what is unhandled, and deletes an empty queue. All keys share the topic's hash tag, so they are in one slot.
-- @requires claimed-batch
-- @keys queue, consumers, scheduled, retries, scheduledMessages, retryMessages
-- @args claimsStart, blockedPopsStart, batchesStart, listsStart, deletesEmpty, ...otherKeys
-- KEYS: queue, consumers, scheduled, retries, messages of either
-- ARGV: start of the claims keys, of the keys of what BLMOVE popped, of the claimed batches' keys, of the batches' lists, 1 to delete what
--   is empty, other keys to delete then
-- Returns: how many messages are unhandled

local count = redis.call('LLEN', KEYS[1])
-- A message without its name is unhandled all the same, until it is found (schedule-sweep.lua).
for i = 3, 4 do count = count + math.max(redis.call('ZCARD', KEYS[i]), redis.call('HLEN', KEYS[i + 2])) end
local consumers = redis.call('ZRANGE', KEYS[2], 0, -1)
for i = 1, #consumers do
  count = count + redis.call('HLEN', ARGV[1] .. consumers[i]) + redis.call('LLEN', ARGV[2] .. consumers[i])
  local batches = redis.call('HKEYS', ARGV[3] .. consumers[i])
  for j = 1, #batches do count = count + left_in(ARGV[4] .. consumers[i] .. ':' .. batches[j]) end
end
if count == 0 and ARGV[5] == '1' then
  redis.call('DEL', KEYS[1], KEYS[2], unpack(ARGV, 6))
end
return count
