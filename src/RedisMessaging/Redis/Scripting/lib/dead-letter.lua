-- Dead letters: how one stands in its stream, and how many stay.
-- @requires time

-- Returns the dead letter's id. Fields of a transport's own come last.
local function dead_letter(key, message, reason, detail, topic, group, position, starts, ...)
  return redis.call('XADD', key, '*', 'm', message, 'reason', reason, 'detail', detail, 'topic', topic, 'group', group,
    'position', position, 'starts', starts, 'at', integer(now_ms()), ...)
end

-- Removes dead letters that are too many, or for which the time in ms is over (0: never). Returns how many. A user who may not trim them
-- still gets rid of a message.
local function trim_dead_letters(key, limit, age)
  local by_length = redis.pcall('XTRIM', key, 'MAXLEN', '=', limit)
  local by_age = tonumber(age) > 0 and redis.pcall('XTRIM', key, 'MINID', '=', integer(now_ms() - age)) or 0
  return (type(by_length) == 'number' and by_length or 0) + (type(by_age) == 'number' and by_age or 0)
end
