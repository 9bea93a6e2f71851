#!lua flags=allow-oom
-- Deletes a stream that is drained, with its retry streams, retries, starts and floors. Whether it is, is looked at in here: a message may
-- have arrived since the caller looked.
-- @requires xinfo
-- @keys stream, scheduled, scheduledMessages, signal, layout, seen, broadcasts, handlers, ...groupKeys
-- @args broadcastPrefix, ...groups
-- KEYS: stream, scheduled, the scheduled messages, signal, the stamp of the layout, when groups were seen, broadcasts, the groups'
--   handlers; then for every group its retry stream, its starts, up to where it has settled all, its retries and their messages
-- ARGV: the prefix of broadcast groups, the groups the keys belong to
-- Returns: 1 deleted, 0 something is unhandled, -1 there is another group now

local broadcast, known = ARGV[1], {}
for i = 2, #ARGV do known[ARGV[i]] = 5 * i - 1 end

-- A message without its name is unhandled all the same, until it is found (schedule-sweep.lua).
if redis.call('ZCARD', KEYS[2]) > 0 or redis.call('EXISTS', KEYS[3]) == 1 then return 0 end

if redis.call('EXISTS', KEYS[1]) == 1 then
  local durable = 0
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = info_of(info)
    local keys = known[group.name]
    if not keys then return -1 end
    if string.sub(group.name, 1, #broadcast) ~= broadcast then
      durable = durable + 1
      if group.pending > 0 or redis.call('XLEN', KEYS[keys]) > 0 then return 0 end
      if redis.call('ZCARD', KEYS[keys + 3]) > 0 or redis.call('EXISTS', KEYS[keys + 4]) == 1 then return 0 end
      -- No lag is told when entries were deleted out of order.
      if group.lag and group.lag > 0 then return 0 end
      if not group.lag and #redis.call('XRANGE', KEYS[1], '(' .. group['last-delivered-id'], '+', 'COUNT', 1) > 0 then return 0 end
    end
  end
  if durable == 0 and redis.call('XLEN', KEYS[1]) > 0 then return 0 end
end

-- The stream last: without it no group is listed any more, and what belongs to one would stay. Lua passes 8,000 arguments at the most.
for i = #KEYS, 1, -1000 do redis.call('DEL', unpack(KEYS, math.max(1, i - 999), i)) end
return 1
