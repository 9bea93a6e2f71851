#!lua flags=allow-oom
-- Carries out settlements. XACK and XCLAIM do not look at who owns an entry, so each settlement first does.
-- @requires time, refusals, ids, xinfo, inbox, schedule, dead-letter, delete-on-ack
-- @keys stream, retry, starts, deadLetters, inbox, retries, retryMessages, signal, seen
-- @args group, consumer, topic, limit, maxAge, lostGroupWait, ...settlements
-- KEYS: stream, retry stream, starts, dead letters, inbox, retries, their messages, signal, when groups were seen
-- ARGV: group, consumer, topic, limit of dead letters, for how many ms they are kept (0: for ever), for how many ms a group that is gone is
--   waited for when entries are deleted with their ack (0: they are not); then for every entry its kind, its source (m: stream, r: retry
--   stream), its id, 1 when it is pending for nobody and held in the caller's memory alone, and what the settlement needs
-- Returns: how many dead letters were trimmed; then for every entry 1 (done), 0 (not ours), 2 (pending for nobody: for a renewal that may
--   have any reason, else the group was lost), or for a renewal 3 (ours, but trimmed), or why it is refused: then it is left as it was

local group, consumer, topic, limit, age = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local next_argument = 7
local dead = false
local forgotten

-- The retry stream is this group's alone: what is settled would stay in it for ever.
local deletion = { m = deletion_of(group, KEYS[1], KEYS[9], ARGV[6]), r = { alone = true } }

local function take()
  next_argument = next_argument + 1
  return ARGV[next_argument - 1]
end

local function pending(entry, ...)
  local reply = redis.pcall('XPENDING', entry.key, group, entry.id, entry.id, 1, ...)
  if reply.err == nil then return #reply == 1 end
  if string.find(reply.err, 'NOGROUP', 1, true) then return false end
  return #redis.call('XPENDING', entry.key, group, entry.id, entry.id, 1, ...) == 1
end

local function ours(entry)
  return entry.orphan or pending(entry, consumer)
end

-- The group is away, or was made again below the entry: nothing says any more whose it was.
local function lost(entry)
  local groups = redis.pcall('XINFO', 'GROUPS', entry.key)
  if groups.err then return true end
  for _, info in ipairs(groups) do
    local found = info_of(info)
    if found.name == group then return before(found['last-delivered-id'], entry.id) end
  end
  return true
end

local function unowned(entry)
  return not pending(entry) and lost(entry) and 2 or 0
end

-- A group that was lost hands out again what its stream still has; of anything else the caller has the last copy.
local function comes_again(entry)
  return #redis.call('XRANGE', entry.key, entry.id, entry.id) == 1
end

local function clear(entry)
  return ack_and_delete(entry.key, group, entry.id, deletion[entry.source])
end

local can_leave = {}

-- Asked before an entry is put elsewhere, once for each stream.
local function require_leave(entry)
  if can_leave[entry.key] then return end
  require_right('XACK', entry.key, group, entry.id)
  if deletion[entry.source].alone then require_right('XDEL', entry.key, entry.id) end
  can_leave[entry.key] = true
end

local function leave(entry)
  require_leave(entry)
  -- Of a group that was lost nothing is pending; alone, it would be handed out again.
  if not clear(entry) and deletion[entry.source].alone then redis.call('XDEL', entry.key, entry.id) end
  -- Left behind, it does no harm: no entry gets that id again.
  redis.pcall('HDEL', KEYS[3], entry.starts)
  return 1
end

local function ack(entry)
  if ours(entry) then return leave(entry) end
  local result = unowned(entry)
  if result == 2 then leave(entry) end
  return result
end

-- To the retry stream and not back by XCLAIM with IDLE: only an XADD wakes a blocked reader.
local function move(entry, ...)
  local frame, starts, position = take(), take(), take()
  if not ours(entry) then
    local result = unowned(entry)
    if result == 0 or comes_again(entry) then return result end
  end
  require_leave(entry)
  redis.call('XADD', KEYS[2], '*', 'm', frame, 's', starts, 'p', position, ...)
  return leave(entry)
end

local settlements = {
  ack = ack,

  -- Remembered and gone, or neither. Where nobody can have taken it over, to be pending is to be ours, and nothing else is left behind.
  handled = function(entry)
    local id, window, safe = take(), take(), take() == '1'
    local now, result = now_ms(), 1
    if not safe and not ours(entry) then
      result = unowned(entry)
      if result == 0 then return 0 end
    end
    require_leave(entry)
    local is_new = remember_handled(KEYS[5], now, id)
    forgotten = now - window
    if not safe then
      leave(entry)
      return result
    end
    if clear(entry) then return 1 end
    -- It was acked before, or the group was lost.
    result = ack(entry)
    if result == 0 and is_new then redis.call('ZREM', KEYS[5], id) end
    return result
  end,

  retry = move,

  release = function(entry) return move(entry, 'r', 1) end,

  -- Not into the retry stream yet: whoever of the group is there when it is due puts it in.
  later = function(entry)
    local frame, starts, position, delay = take(), take(), take(), take()
    local alone = entry.orphan
    if not ours(entry) then
      local result = unowned(entry)
      if result == 0 or comes_again(entry) then return result end
      alone = true
    end
    local name = entry.source .. entry.id
    -- What is held in memory alone may be said twice, and that is once. Everything else is new, also when an entry had the same id before.
    while not alone and redis.call('HEXISTS', KEYS[7], name) == 1 do name = name .. '+' end
    require_leave(entry)
    keep_until_due(KEYS[6], KEYS[7], KEYS[8], name, delay, starts .. ' ' .. position .. '\n' .. frame)
    return leave(entry)
  end,

  dead = function(entry)
    local frame, reason, detail, position, starts = take(), take(), take(), take(), take()
    if not ours(entry) then
      local result = unowned(entry)
      if result == 0 or comes_again(entry) then return result end
    end
    require_leave(entry)
    dead_letter(KEYS[4], frame, reason, detail, topic, group, position, starts)
    dead = true
    return leave(entry)
  end,

  extend = function(entry)
    if entry.orphan then return 1 end
    if pending(entry, consumer) then
      -- XCLAIM returns nothing for an entry that is gone from the stream, and drops it from the pending ones.
      return #redis.call('XCLAIM', entry.key, group, consumer, 0, entry.id, 'JUSTID') == 1 and 1 or 3
    end
    return pending(entry) and 0 or 2
  end,

  start = function(entry)
    local starts = take()
    if not ours(entry) then return 0 end
    redis.call('HSET', KEYS[3], entry.starts, starts)
    return 1
  end,
}

local results = { 0 }
while next_argument <= #ARGV do
  local kind = take()
  local entry = { source = take(), id = take(), orphan = take() == '1' }
  entry.key = entry.source == 'm' and KEYS[1] or KEYS[2]
  -- Ids of the two streams can be equal.
  entry.starts = entry.source .. entry.id
  -- Each has a fate of its own. A settlement has taken its arguments before it does anything that can be refused.
  local done, result = pcall(settlements[kind], entry)
  results[#results + 1] = done and result or type(result) == 'table' and result.err or tostring(result)
end

if forgotten then forget_older(KEYS[5], forgotten) end
if dead then results[1] = trim_dead_letters(KEYS[4], limit, age) end
return results
