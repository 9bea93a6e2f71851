#!lua flags=allow-oom
-- Gives everything of a consumer back to the front of the queue in its old order: newest first, so that the oldest ends outermost. Asked by
-- the others once its lease is over, or by itself when it stops (then without a lease to wait for). Claims of a dead one may have been
-- started: the prefix "rm!" says so. What BLMOVE popped was never handed out. The registration outlives the consumer by the tombstone,
-- since a BLMOVE that it left blocked on the server may still receive.
-- @requires time, refusals, attempt-prefix, claimed-batch
-- @keys queue, claims, blockedPops, consumers, batches, attempts?
-- @args consumer, lease, tombstone, isDead, listsStart
-- KEYS: queue, claims, what BLMOVE popped, consumers, the claimed batches; the attempts of a shared queue
-- ARGV: consumer, lease in ms, tombstone in ms, 1 when it is dead, what the keys of its batches' lists start with
-- Returns: how many messages were given back

local seen = redis.call('ZSCORE', KEYS[4], ARGV[1])
local now = now_ms()
if not seen or now - seen < tonumber(ARGV[2]) then
  return 0
end
-- All or nothing: what was pushed before a refusal would be pushed again at the next attempt.
require_right('RPUSH', KEYS[1], '')
if KEYS[6] then
  require_right('HSET', KEYS[6], 'f', 'v')
  redis.call('HLEN', KEYS[6])
end
require_right('DEL', KEYS[2])
require_right('ZREM', KEYS[4], ARGV[1])
-- All is read before anything is moved: in a cluster a key may be on its way to another node, and the read of it fails.
local order, emptied = {}, {KEYS[2], KEYS[3], KEYS[5]}
local batches = redis.call('HGETALL', KEYS[5])
for i = 1, #batches, 2 do
  local list = ARGV[5] .. batches[i]
  local messages = redis.call('LRANGE', list, 0, -1)
  for j = 1, #messages do
    if messages[j] ~= settled then order[#order + 1] = {batches[i] + batches[i + 1] - j, messages[j]} end
  end
  emptied[#emptied + 1] = list
end
local claims = redis.call('HGETALL', KEYS[2])
for i = 1, #claims, 2 do
  order[#order + 1] = {tonumber(claims[i]), claims[i + 1]}
end
table.sort(order, function(a, b) return a[1] > b[1] end)
local popped = redis.call('LRANGE', KEYS[3], 0, -1)
for i = 1, #popped do
  redis.call('RPUSH', KEYS[1], popped[i])
end
for i = 1, #order do
  local prefix, message = split(order[i][2])
  if ARGV[4] == '1' then prefix = suspect(prefix) end
  put_back('RPUSH', KEYS[1], KEYS[6], prefix, message)
end
for i = 1, #emptied do redis.call('DEL', emptied[i]) end
if now - seen >= tonumber(ARGV[3]) then
  redis.call('ZREM', KEYS[4], ARGV[1])
end
return #popped + #order
