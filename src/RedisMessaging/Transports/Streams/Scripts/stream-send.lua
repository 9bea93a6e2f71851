#!lua
-- Appends to the stream. A condition is a version, '' for any, and behind '@' a position. Refused with '!v' and the stream's version, or
-- '!p' and its last id.
-- @requires ids, xinfo, idempotence, send, entry
-- @keys target, ids, scheduled, scheduledMessages, signal
-- @args window, mode, ...messages
-- KEYS: as send.lua says
-- ARGV: as send.lua says
-- Returns: as send.lua says

-- Known from the first message on that asks for it: how many entries were ever added, which neither trimming nor deleting changes, and the
-- last id that was ever given.
local version, last

local function look()
  if version then return end
  version, last = 0, '0-0'
  if redis.call('EXISTS', KEYS[1]) == 0 then return end
  local info = info_of(redis.call('XINFO', 'STREAM', KEYS[1]))
  version, last = info['entries-added'], info['last-generated-id']
end

local function refuse(condition, ahead)
  if condition == '' then return nil end
  look()
  local expected, position = string.match(condition, '^(%d*)@?(.*)$')
  if expected ~= '' and tonumber(expected) ~= version + ahead then return string.format('!v%.0f', version) end
  if position ~= '' and not before(last, position) then return '!p' .. last end
end

-- A tag is what a repeat is known by: '#', the producer and the id; of a repeat also how long ago it was sent first, in ms.
local function repeat_append(frame, producer, id, elapsed)
  if not remembers(KEYS[1], elapsed) then
    error(redis.error_reply('ERR the stream may have forgotten an earlier attempt at it (IDMP-DURATION, IDMP-MAXSIZE)'))
  end
  -- It may add nothing: the next one that asks for the version looks again.
  version, last = nil, nil
  return redis.call('XADD', KEYS[1], 'IDMP', producer, id, '*', fields_of(frame))
end

local function append(frame, condition, tag)
  local why = unfit_of(frame)
  if why then error(redis.error_reply('ERR ' .. why)) end
  local producer, number, elapsed = string.match(tag, '^#(%S+) (%d+) ?(%d*)$')
  if producer and elapsed ~= '' then return repeat_append(frame, producer, number, tonumber(elapsed)) end
  local id
  if producer then
    id = redis.call('XADD', KEYS[1], 'IDMP', producer, number, '*', fields_of(frame))
  else
    id = redis.call('XADD', KEYS[1], string.match(condition, '@(.+)$') or '*', fields_of(frame))
  end
  if not version then return id end
  version, last = version + 1, id
  return string.format('%s %.0f', id, version)
end

-- By fields and not by text: the same text can be escaped in several ways.
local function stands_in(frame, fields)
  if unfit_of(frame) then return false end
  local wanted = { fields_of(frame) }
  if #wanted ~= #fields then return false end
  for i = 1, #wanted do
    if wanted[i] ~= fields[i] then return false end
  end
  return true
end

-- Not far: a clock that was set back, or another millisecond than the script's. In a stream that many write to at once it may not be found.
local function find(frame, at)
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], string.format('%.0f', math.max(0, at - 10)), '+', 'COUNT', 100)) do
    if stands_in(frame, entry[2]) then return entry[1] end
  end
end

return send(append, refuse, find)
