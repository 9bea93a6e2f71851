-- Moves what is due. A call moves a hundred messages at the most, and few when they are large: the server does nothing else meanwhile.
-- @requires time, refusals

local most_messages, most_bytes = 100, 4 * 1024 * 1024
-- So many refusals in a row have the same cause: those behind them would be refused, too.
local most_refusals = 10
-- A message that fits nowhere is tried again after so many ms where it can't become a dead letter either, and keeps none of those behind
-- it.
local postponed = 30 * 1000
local now = now_ms()
local moved, bytes, dead, refusals, first_refusal = 0, 0, 0, 0, nil

local function note(why)
  refusals = refusals + 1
  first_refusal = first_refusal or why
end

local function is_full()
  return moved >= most_messages or bytes >= most_bytes
end

-- Puts one message, or makes it a dead letter. Returns why it has to stay where it is, and whether that is its own fault: put returns why a
-- message can never be put. It raises no error for that, since Redis gives an error back with its text alone.
local function put_or_bury(message, put, bury)
  local done, why = pcall(put, message)
  if not done then return type(why) == 'table' and why.err or tostring(why) end
  if not why then return nil end
  local refusal = refused(bury, message, why)
  if not refusal then dead = dead + 1 end
  return refusal, true
end

local function move_all(due, messages, put, bury)
  local in_a_row = 0
  local names = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, most_messages - moved)
  if #names == 0 then return end
  require_right('ZREM', due, names[1])
  require_right('HDEL', messages, names[1])
  for _, name in ipairs(names) do
    local message = redis.call('HGET', messages, name)
    -- Without one somebody else deleted it.
    local why, own = nil, false
    if message then why, own = put_or_bury(message, put, bury) end
    if why then
      note(why)
      if own then redis.pcall('ZADD', due, 'XX', integer(now + postponed), name) end
      in_a_row = own and 0 or in_a_row + 1
      if in_a_row == most_refusals then return end
    else
      in_a_row = 0
      bytes = bytes + (message and #message or 0)
      moved = moved + 1
      if message then redis.call('HDEL', messages, name) end
      redis.call('ZREM', due, name)
      if is_full() then return end
    end
  end
end

-- bury(message, why) makes a dead letter of a message that can never be put.
local function move(due, messages, put, bury)
  if is_full() then return end
  local why = refused(move_all, due, messages, put, bury)
  if why then note(why) end
end

local earliest

-- What is refused is due already, and has to wait: only what is due later counts then.
local function look(due)
  local from = refusals > 0 and not is_full() and '(' .. integer(now) or '-inf'
  local first = redis.call('ZRANGEBYSCORE', due, from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  if first and (not earliest or tonumber(first) < earliest) then earliest = tonumber(first) end
end

-- How many were moved, how many ms it is until the next is due: 0 when it is, -1 when there is none; how many of them became dead letters;
-- how many were refused and stay; why the first was.
local function result()
  return { moved, earliest and math.max(0, earliest - now) or -1, dead, refusals, first_refusal or '' }
end
