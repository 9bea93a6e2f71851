#!lua flags=allow-oom
-- Trims a stream to what its topic's retention allows, up to the first entry that some group has not read or has pending. Groups that are
-- abandoned, and with Force all groups, hold nothing back; what is taken from them is counted. A call removes ten thousand entries, or not
-- quite twice that: the server does nothing else meanwhile.
-- @requires time, refusals, ids, xinfo, group-liveness
-- @keys stream, seen
-- @args maxLength, maxAge, exact, force, abandonedAfter, grace, returnTime
-- KEYS: stream, when groups were seen
-- ARGV: how many entries may stay ('': all), for how many ms ('': for ever), 1 to count them to the last one, 1 to force, after how many ms
--   a silent group is announced as abandoned ('': never), for how many ms more it is waited for, for how many ms a group that is gone from
--   the stream is waited for
-- Returns: how many entries were removed, 1 when another call is needed; then for every group there is something to tell of: its name, how
--   many of them it had not read, how many it had pending, for how many ms it was silent when it was announced as abandoned just now, or
--   -1; then how many entries are pending for it, and how many it has not read, or -1 when Redis does not know

-- removes first because it counts what it trims before it notes that; the hash of notes holds no message, and the right to note is asked
-- for at the start

local stream, seen = KEYS[1], KEYS[2]
local length, age, exact, force = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4] == '1'
local patience, grace, return_time = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local most, page = 10000, 1000
local last_id = '18446744073709551615-18446744073709551615'

if redis.call('EXISTS', stream) == 0 then return { 0, 0 } end
-- What is taken from a group has to be noted afterwards.
require_right('HSET', seen, 'f', 'v')
local now = now_ms()
local groups, exists = {}, {}
for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = info_of(info)
  groups[#groups + 1] = group
  exists[group.name] = true
end

-- A group that was lost is made again by its consumers, at an id that is not known here.
local waiting = false
local noted = redis.call('HGETALL', seen)
for i = 1, #noted, 2 do
  if not exists[noted[i]] then
    if now - read_seen(noted[i + 1]) < return_time then
      waiting = true
    else
      redis.call('HDEL', seen, noted[i])
    end
  end
end
noted = info_of(noted)

-- A consumer whose handlers are all busy shows itself by its renewals alone.
local function idle_of(group)
  local least
  for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group.name)) do
    local idle = info_of(info).idle
    if not least or idle < least then least = idle end
  end
  return least
end

local function look(group)
  local at, announced, missed
  if noted[group.name] then
    at, announced, missed = read_seen(noted[group.name])
  else
    at = now
    redis.call('HSET', seen, group.name, integer(now))
  end
  group.silent = now - at
  if not patience then return end
  if group.silent > patience then
    local idle = idle_of(group)
    if idle and idle < group.silent then
      group.silent = idle
      if idle <= patience then
        announced = nil
        redis.call('HSET', seen, group.name, integer(now - idle))
      end
    end
  end
  if group.silent <= patience then return end
  if announced then
    group.abandoned = now - announced >= grace
    group.note = integer(at) .. ' ' .. integer(announced) .. ' '
    group.missed = missed or 0
  else
    group.announced = true
    redis.call('HSET', seen, group.name, integer(at) .. ' ' .. integer(now) .. ' 0')
  end
end

-- The first entry a group needs is its oldest pending one, or what follows its last one: after a rewind that is earlier.
local bound, hurt = last_id, {}
for _, group in ipairs(groups) do
  group.unread_trimmed, group.pending_trimmed = 0, 0
  look(group)
  local unread = redis.call('XRANGE', stream, '(' .. group['last-delivered-id'], '+', 'COUNT', 1)[1]
  group.unread = unread and unread[1]
  group.oldest = group.pending > 0 and redis.call('XPENDING', stream, group.name)[2] or nil
  local needs = group.oldest
  if group.unread and (not needs or before(group.unread, needs)) then needs = group.unread end
  if needs then
    if force or group.abandoned then
      hurt[#hurt + 1] = group
      -- Counting pending ones takes forty times what removing them does.
      if group.oldest then most = 1000 end
    elseif before(needs, bound) then
      bound = needs
    end
  end
end

local total = 0

local function first_id()
  local entry = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  return entry and entry[1] or last_id
end

local first = #hurt > 0 and first_id()

-- What a round removes is unread by a group as a whole, or read by it as a whole.
local function count(removed)
  if #hurt == 0 then return end
  local next_first = first_id()
  for _, group in ipairs(hurt) do
    if group.oldest and before(group.oldest, next_first) then
      group.pending_trimmed = group.pending_trimmed + #redis.call('XPENDING', stream, group.name, first, '(' .. next_first, most + page)
    end
    if group.unread == first then
      group.unread_trimmed = group.unread_trimmed + removed
      group.unread = next_first
    end
  end
  first = next_first
end

-- With ~ whole nodes go, and LIMIT keeps their entries within the excess: nobody has to look for the entry at which the excess ends.
local function trim(limit, keep, to_the_last)
  while total < most do
    local excess = keep and redis.call('XLEN', stream) - keep or most
    if excess <= 0 then return end
    local target, splits = limit, to_the_last
    for _, group in ipairs(hurt) do
      if group.unread and group.unread ~= first and before(group.unread, target) then target, splits = group.unread, true end
    end
    local removed = redis.call('XTRIM', stream, 'MINID', '~', target, 'LIMIT', math.min(excess, most))
    if removed == 0 and splits then
      -- Only the first node is left to look at.
      local rest = #redis.call('XRANGE', stream, '-', '(' .. target, 'COUNT', math.min(excess, page))
      if rest > 0 then removed = redis.call('XTRIM', stream, 'MAXLEN', '=', redis.call('XLEN', stream) - rest) end
    end
    if removed == 0 then return end
    total = total + removed
    count(removed)
  end
end

if force or not waiting then
  if age and now - age > 0 then
    local oldest = integer(now - age) .. '-0'
    -- By age to the last one: on a topic where little happens, a node is not whole for long.
    trim(before(oldest, bound) and oldest or bound, nil, true)
  end
  if length then trim(bound, length, exact) end
end

local result = { total, total >= most and 1 or 0 }
for _, group in ipairs(groups) do
  if group.unread_trimmed > 0 and group.abandoned then
    redis.call('HSET', seen, group.name, group.note .. integer(group.missed + group.unread_trimmed))
  end
  if group.announced or group.unread_trimmed > 0 or group.pending_trimmed > 0 then
    local silent = group.announced and group.silent or -1
    for _, value in ipairs({ group.name, group.unread_trimmed, group.pending_trimmed, silent, group.pending, group.lag or -1 }) do
      result[#result + 1] = value
    end
  end
end
return result
