#!lua
-- What a transport's send script does beside appending: an id that was published within the window is not stored again, and what is not due yet waits in the schedule.
-- KEYS: the key to append to, ids, scheduled, the scheduled messages, bell
-- ARGV: window in ms; 'all' when either all of the messages are stored or none, else ''; then for each message its id, the number of its publish when the id is
--   remembered, when it is due ('': now, '+': ms from now, '@': ms since 1970), the version it expects the topic to have ('' for any) with '@' and the position it is to get behind it when
--   it says so, the frame
-- Returns: for each message its position and, where it was looked at, the version that it made; or '+' (stored), or '+' and in how many ms it is due, or '=' (its id is known), or '~' (its id
--   is known with the same number: maybe from an attempt at this very publish) and its position if it was found, or '!' and why it is refused

local first, each = 3, 5
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[1])

-- Ids of the past go a hundred at a time: more than can have come since.
local past = redis.call('ZRANGE', KEYS[2], '-inf', now - window, 'BYSCORE', 'LIMIT', 0, 100)
if #past > 0 then redis.call('ZREM', KEYS[2], unpack(past)) end

-- An id's score is when it came, and its publish's number as the fraction.
local function score(number)
  return now + number / 2048
end

local function known(id, number, frame, find)
  local at = tonumber(redis.call('ZSCORE', KEYS[2], id) or 0)
  if at <= now - window then return nil end
  if (at - math.floor(at)) * 2048 ~= number then return '=' end
  return '~' .. (find and find(frame, math.floor(at)) or '')
end

local function due(when)
  local kind = string.sub(when, 1, 1)
  if kind == '+' then return now + tonumber(string.sub(when, 2)) end
  if kind == '@' then return tonumber(string.sub(when, 2)) end
  return now
end

-- What is earlier than all others wakes those who wait for the next one, in whatever process. The bell needs no more than one entry: it says only that there is a look to take.
local function schedule(id, at, frame)
  if redis.call('HSETNX', KEYS[4], id, frame) == 0 then return '=' end
  redis.call('ZADD', KEYS[3], string.format('%.0f', at), id)
  if redis.call('ZRANGE', KEYS[3], 0, 0)[1] == id then redis.call('XADD', KEYS[5], 'MAXLEN', 1, '*', 'due', string.format('%.0f', at)) end
  return string.format('+%.0f', at - now)
end

-- Refuses all of the messages when one of them has to be: with the version they expect, each the one that the one before it makes.
local function refuse_all(results, refuse, find)
  local ahead, refusal = 0, nil
  for i = first, #ARGV, each do
    local number = tonumber(ARGV[i + 1])
    local before = number and known(ARGV[i], number, ARGV[i + 4], find)
    if not before then
      refusal = refusal or refuse(ARGV[i + 3], ahead)
      ahead = ahead + 1
    end
    results[#results + 1] = before or ''
  end
  for i, result in ipairs(results) do
    if refusal and result == '' then results[i] = refusal end
  end
  return refusal
end

-- append(frame, condition) returns the result; refuse(condition, ahead) why a message can't be stored, once so many before it are; find(frame, at) the position of one that was stored at
-- that time. A transport without versions needs neither of the last two.
local function send(append, refuse, find)
  local results = {}
  local all = ARGV[2] == 'all'
  if all and refuse_all(results, refuse, find) then return results end
  results = {}
  for i = first, #ARGV, each do
    local id, number, condition, frame = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 3], ARGV[i + 4]
    local at = due(ARGV[i + 2])
    local result = number and known(id, number, frame, find) or not all and refuse and refuse(condition, 0)
    if not result then
      result = at > now and schedule(id, at, frame) or append(frame, condition)
      if number then redis.call('ZADD', KEYS[2], string.format('%.17g', score(number)), id) end
    end
    results[#results + 1] = result
  end
  return results
end

