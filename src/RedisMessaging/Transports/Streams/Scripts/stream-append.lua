#!lua
-- Appends messages in their order.
-- @keys stream
-- @args repeats, ...frames
-- KEYS: stream
-- ARGV: '', or what repeats are known by: the first part of the producers' names and the number of the first frame; then frames, each for
--   the one field of an entry
-- Returns: their ids with blanks between them, which a client reads faster than a list; or '!' and what Redis said to the first one, where
--   it may not know IDMP

local ids = {}
if ARGV[1] == '' then
  for i = 2, #ARGV do
    ids[i - 1] = redis.call('XADD', KEYS[1], '*', 'm', ARGV[i])
  end
  return table.concat(ids, ' ')
end

-- PublishSeries names producers by the same rule.
local stem, first = string.match(ARGV[1], '^(%S+) (%d+)$')
local number, producer, call = tonumber(first), nil, redis.pcall
for i = 2, #ARGV do
  if not producer or number % 50 == 0 then producer = stem .. math.floor(number / 50) % 400 end
  local id = call('XADD', KEYS[1], 'IDMP', producer, string.format('%.0f', number), '*', 'm', ARGV[i])
  if type(id) == 'table' then return '!' .. id.err end
  call = redis.call
  ids[i - 1] = id
  number = number + 1
end
return table.concat(ids, ' ')
