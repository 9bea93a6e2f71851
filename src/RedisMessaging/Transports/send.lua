#!lua
-- What a transport's send script does beside appending: an id that was published within the window is not stored again, and what is not due yet waits in the schedule.
-- KEYS: the key to append to, ids, scheduled, the scheduled messages, bell
-- ARGV: for the append; window in ms; then for each message its id, the number of its publish when the id is remembered, when it is due ('': now, '+': ms from now,
--   '@': ms since 1970), the frame
-- Returns: for each message its position, or '+' (stored), or '+' and in how many ms it is due, or '=' (its id is known), or '~' (its id is known with the same number: maybe from an attempt at this very publish)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[2])

-- Ids of the past go a hundred at a time: more than can have come since.
local past = redis.call('ZRANGE', KEYS[2], '-inf', now - window, 'BYSCORE', 'LIMIT', 0, 100)
if #past > 0 then redis.call('ZREM', KEYS[2], unpack(past)) end

-- An id's score is when it came, and its publish's number as the fraction.
local function score(number)
  return now + number / 2048
end

local function known(id, number)
  local at = tonumber(redis.call('ZSCORE', KEYS[2], id) or 0)
  if at <= now - window then return nil end
  return (at - math.floor(at)) * 2048 == number and '~' or '='
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

local function send(append)
  local results = {}
  for i = 3, #ARGV, 4 do
    local id, number, frame = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 3]
    local at = due(ARGV[i + 2])
    local before = number and known(id, number)
    if before then
      results[#results + 1] = before
    else
      results[#results + 1] = at > now and schedule(id, at, frame) or append(frame)
      if number then redis.call('ZADD', KEYS[2], string.format('%.17g', score(number)), id) end
    end
  end
  return results
end

