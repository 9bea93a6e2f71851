#!lua flags=allow-oom
-- Carries out verdicts. XACK and XCLAIM do not look at who owns an entry, so each verdict first does.
-- KEYS: stream, retry stream, starts, dead letters
-- ARGV: group, consumer, topic, limit of dead letters; then for every entry its verdict, its lane, its id and what the verdict needs
-- Returns: how many dead letters were trimmed; then for every entry 1 (done), 0 (not ours), or for a renewal 2 (pending for nobody), 3 (ours, but trimmed)

local group, consumer, topic, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local next_argument = 5
local dead = false

local function take()
  next_argument = next_argument + 1
  return ARGV[next_argument - 1]
end

-- Entries of lane 'o' are pending for nobody and held in memory by the caller alone.
local streams = { m = KEYS[1], r = KEYS[2] }

local function pending(key, id, ...)
  local reply = redis.pcall('XPENDING', key, group, id, id, 1, ...)
  if reply.err == nil then return #reply == 1 end
  if string.find(reply.err, 'NOGROUP', 1, true) then return false end
  return #redis.call('XPENDING', key, group, id, id, 1, ...) == 1
end

local function ours(lane, id)
  return lane == 'o' or pending(streams[lane], id, consumer)
end

local function leave(lane, id)
  if lane ~= 'o' then redis.call('XACK', streams[lane], group, id) end
  -- The retry stream is this group's alone: what is settled would stay in it for ever.
  if lane == 'r' then redis.call('XDEL', KEYS[2], id) end
  redis.call('HDEL', KEYS[3], id)
  return 1
end

local verdicts = {
  ack = function(lane, id)
    if not ours(lane, id) then return 0 end
    return leave(lane, id)
  end,

  -- To the retry stream and not back by XCLAIM with IDLE: only an XADD wakes a blocked reader.
  move = function(lane, id)
    local frame, starts, position = take(), take(), take()
    if not ours(lane, id) then return 0 end
    redis.call('XADD', KEYS[2], '*', 'm', frame, 's', starts, 'p', position)
    return leave(lane, id)
  end,

  dead = function(lane, id)
    local frame, reason, detail, position, starts = take(), take(), take(), take(), take()
    if not ours(lane, id) then return 0 end
    local time = redis.call('TIME')
    local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
    redis.call('XADD', KEYS[4], '*', 'm', frame, 'reason', reason, 'detail', detail, 'topic', topic, 'group', group, 'position', position, 'starts', starts, 'at', at)
    dead = true
    return leave(lane, id)
  end,

  extend = function(lane, id)
    if lane == 'o' then return 1 end
    if pending(streams[lane], id, consumer) then
      -- XCLAIM returns nothing for an entry that is gone from the stream, and drops it from the pending ones.
      return #redis.call('XCLAIM', streams[lane], group, consumer, 0, id, 'JUSTID') == 1 and 1 or 3
    end
    return pending(streams[lane], id) and 0 or 2
  end,

  start = function(lane, id)
    local starts = take()
    if not ours(lane, id) then return 0 end
    redis.call('HSET', KEYS[3], id, starts)
    return 1
  end,
}

local results = { 0 }
while next_argument <= #ARGV do
  local verdict, lane, id = take(), take(), take()
  results[#results + 1] = verdicts[verdict](lane, id)
end

if dead then results[1] = redis.call('XTRIM', KEYS[4], 'MAXLEN', '=', limit) end
return results
