-- Claimed batches. Such a batch holds messages that were claimed together: a list that the server moved them into by itself (SORT … STORE),
-- so that no message went through Lua, which costs more than all else once messages are large. Its newest message is its first element, as
-- in the queue. Settled ones are cut off at its right end, where the oldest are; one between others leaves a note in its place, so that
-- every index stays what it was.

local settled = 'rm-\n'

-- How many messages of a batch are still claimed. LPOS answers with indexes, not with messages.
local function left_in(list)
  return redis.call('LLEN', list) - #redis.call('LPOS', list, settled, 'COUNT', 0)
end

local function drop_when_done(batches, list, first)
  if left_in(list) == 0 then
    redis.call('DEL', list)
    redis.call('HDEL', batches, first)
  end
end
