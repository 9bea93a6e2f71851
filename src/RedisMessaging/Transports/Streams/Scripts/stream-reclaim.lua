#!lua flags=allow-oom
-- Takes over a page of entries that idled for too long. Those that are gone from the stream XAUTOCLAIM drops from the pending ones, idle or
-- not: in the same step each becomes a dead letter without its message, unless the caller has the message.
-- @requires refusals, trimmed-dead-letter
-- @keys source, starts, deadLetters
-- @args group, consumer, topic, sourceCode, minIdle, cursor, count, maxBytes, ...known
-- KEYS: stream or retry stream, starts, dead letters
-- ARGV: group, consumer, topic, source (m: stream, r: retry stream), for how many ms an entry must have idled, cursor, count, how many
--   bytes the entries may have together, save for a single one that is larger; then ids the caller has
-- Returns: what XAUTOCLAIM does; then the ids of those whose dead letter is refused, which the caller has to write later
-- removes first because only XAUTOCLAIM tells which entries are gone, and it drops them: nothing is left of them but their ids, and those
-- the caller gets.

local group, source = ARGV[1], ARGV[4]
local held = {}
for i = 9, #ARGV do held[ARGV[i]] = true end

local cursor, left, room, step, bytes = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), 1, 0
local claimed, deleted = {}, {}
repeat
  -- A few at first: it takes a count and no number of bytes.
  local count = math.min(step, left)
  local reply = redis.call('XAUTOCLAIM', KEYS[1], group, ARGV[2], ARGV[5], cursor, 'COUNT', count)
  cursor = reply[1]
  for _, entry in ipairs(reply[2]) do
    claimed[#claimed + 1] = entry
    for _, part in ipairs(entry[2]) do bytes = bytes + #part end
  end
  for _, id in ipairs(reply[3] or {}) do deleted[#deleted + 1] = id end
  left = left - count
  step = step * 2
  if #claimed > 0 then step = math.min(step, math.floor((room - bytes) * #claimed / math.max(bytes, 1))) end
until left <= 0 or step < 1 or cursor == '0-0'

local unwritten = {}
for _, id in ipairs(deleted) do
  if not held[id] and refused(trimmed_dead_letter, KEYS[3], KEYS[2], group, ARGV[3], source, id) then unwritten[#unwritten + 1] = id end
end
return { cursor, claimed, deleted, unwritten }
