-- What a transport's send script does beside appending: an id that was published within the window is not stored again, and what is not due
-- yet waits in the schedule.
-- @requires time, refusals, inbox, schedule
-- @keys target, ids, scheduled, scheduledMessages, signal
-- @args window, mode, ...messages
-- KEYS: the key to append to, ids, scheduled, the scheduled messages, signal
-- ARGV: window in ms; 'all' when either all of the messages are stored or none, else ''; then for each message its id, the number of its
--   publish when the id is remembered (else what the transport knows a repeat by, or ''), when it is due ('': now, '+': ms from now, '@':
--   ms since 1970), the version it expects the topic to have ('' for any) with '@' and the position it is to get behind it when it says so,
--   the frame
-- Returns: for each message its position and, where it was looked at, the version that it made; or '+' (stored), or '+' and in how many ms
--   it is due, or '=' (its id is known), or '~' (its id is known with the same number: maybe from an attempt at this very publish) and its
--   position if it was found, or '!' and why it is refused, or '-' and what Redis said when it refused this one

local first, each = 3, 5
local now = now_ms()
local window = tonumber(ARGV[1])

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

-- The name comes first: without its message it does no harm, while a message without a name would never be due.
local function schedule(id, at, frame)
  if redis.call('HEXISTS', KEYS[4], id) == 1 then return '=' end
  local earliest = first_due(KEYS[3])
  redis.call('ZADD', KEYS[3], integer(at), id)
  local why = refused(redis.call, 'HSET', KEYS[4], id, frame)
  if why then
    -- Else it would be counted until it is due.
    redis.pcall('ZREM', KEYS[3], id)
    error(redis.error_reply(why))
  end
  signal_if_first(KEYS[5], earliest, at)
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

local can_remember = false

-- Refused behind the message, its id would not be known at the next attempt, which would double it. With XX nothing is added.
local function require_memory()
  if can_remember then return end
  redis.call('ZADD', KEYS[2], 'XX', 0, '')
  can_remember = true
end

local function store(i, append)
  local id, number, frame, at = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 4], due(ARGV[i + 2])
  if number then require_memory() end
  local result = at > now and schedule(id, at, frame) or append(frame, ARGV[i + 3], ARGV[i + 1])
  if number then redis.call('ZADD', KEYS[2], string.format('%.17g', score(number)), id) end
  return result
end

-- append(frame, condition, tag) returns the result; refuse(condition, ahead) why a message can't be stored, once so many before it are;
-- find(frame, at) the position of one that was stored at that time. A transport without versions needs neither of the last two.
local function send(append, refuse, find)
  local results = {}
  local all = ARGV[2] == 'all'
  if all and refuse_all(results, refuse, find) then return results end
  results = {}
  for i = first, #ARGV, each do
    local number = tonumber(ARGV[i + 1])
    local result = number and known(ARGV[i], number, ARGV[i + 4], find) or not all and refuse and refuse(ARGV[i + 3], 0)
    if not result then
      -- Each has a fate of its own: those before it are stored.
      local stored, why = pcall(store, i, append)
      result = stored and why or '-' .. (type(why) == 'table' and why.err or tostring(why))
    end
    results[#results + 1] = result
  end
  forget_older(KEYS[2], now - window)
  return results
end
