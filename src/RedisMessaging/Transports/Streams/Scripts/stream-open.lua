#!lua flags=allow-oom
-- Creates the group on the stream and on its retry stream, and the consumer in both, in one step: a group that has no consumer can't be
-- told from a live one by its idle time. A group that was lost goes on where everything was settled, never at the end or at what one
-- consumer has read.
-- @requires time, ids, xinfo, group-liveness, delete-on-ack, group-handlers
-- @keys stream, retry, settledUpTo, seen, handlers
-- @args group, consumer, start, deletesOnAck, groupHandlers, lease, ...awaitedGroups
-- KEYS: stream, retry stream, up to where all is settled, when groups were seen, the groups' handlers
-- ARGV: group, consumer, where a group starts that has settled nothing, 1 when the group deletes with its acks and starts: without XACKDEL
--   the stream may have no other group then; the group's handlers, one in each line, or nothing; for how many ms a consumer that is gone is
--   silent; then the groups that are to come or to come back, for whom what this one acks is to wait
-- Returns: 1 when the stream's group had to be created, its last delivered id, the stream's last id, how many entries it missed while it
--   was taken for abandoned, or -1; how many entries a group that never was here before has before it, and the groups that had its
--   handlers; or the name of another group alone

local group, consumer = ARGV[1], ARGV[2]

local function create(key, start)
  local reply = redis.pcall('XGROUP', 'CREATE', key, group, start, 'MKSTREAM')
  if reply.err == nil then return 1 end
  if string.find(reply.err, 'BUSYGROUP', 1, true) then return 0 end
  return redis.call('XGROUP', 'CREATE', key, group, start, 'MKSTREAM')
end

local function last_id()
  return field_of(redis.call('XINFO', 'STREAM', KEYS[1]), 'last-generated-id')
end

local shares = has_ackdel(KEYS[1])
if ARGV[4] == '1' and not shares and redis.call('EXISTS', KEYS[1]) == 1 then
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    if field_of(info, 'name') ~= group then return { field_of(info, 'name') } end
  end
end

local start = ARGV[3]
local settled = redis.call('GET', KEYS[3])
if settled then
  -- A stream that does not reach it is another one: it is read from its beginning. One that was deleted and does reach it has later ids
  -- only.
  start = redis.call('EXISTS', KEYS[1]) == 1 and not before(last_id(), settled) and settled or '0'
end

local created = create(KEYS[1], start)
create(KEYS[2], '0')
redis.call('XGROUP', 'CREATECONSUMER', KEYS[1], group, consumer)
redis.call('XGROUP', 'CREATECONSUMER', KEYS[2], group, consumer)

local groups, there = redis.call('XINFO', 'GROUPS', KEYS[1]), {}
for _, info in ipairs(groups) do there[field_of(info, 'name')] = true end
for i = 7, shares and #ARGV or 0 do
  if not there[ARGV[i]] then redis.call('HSET', KEYS[4], ARGV[i], integer(now_ms())) end
end

local waiting, same = 0, {}
if ARGV[5] ~= '' then
  if created == 1 and not settled then
    waiting = start == '0' and redis.call('XLEN', KEYS[1]) or 0
    same = waiting > 0 and groups_with(KEYS[5], KEYS[1], group, ARGV[5], tonumber(ARGV[6])) or same
  end
  -- Nothing depends on it: whatever keeps it from being written does not keep the group from starting.
  redis.pcall('HSET', KEYS[5], group, ARGV[5])
end

for _, info in ipairs(groups) do
  if field_of(info, 'name') == group then
    local delivered = field_of(info, 'last-delivered-id')
    -- Noted at once: a group that started at the end would start at the beginning if it were lost before the first sweep.
    if created == 1 then redis.call('SET', KEYS[3], delivered) end
    return { created, delivered, last_id(), show_life(KEYS[4], group), waiting, same }
  end
end
