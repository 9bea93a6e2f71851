#!lua
-- KEYS stream   ARGV '', or what repeats are known by: the first part of the producers' names and the number of the first frame; then frames, each for the one field of an entry.
-- Appends them in their order; returns their ids with blanks between them, which a client reads faster than a list. Or '!' and what Redis said to the first one, where it may not know IDMP.
local ids = {}
if ARGV[1] == '' then
  for i = 2, #ARGV do
    ids[i - 1] = redis.call('XADD', KEYS[1], '*', 'm', ARGV[i])
  end
  return table.concat(ids, ' ')
end

-- PublishSeries names producers by the same rule.
local stem, number = string.match(ARGV[1], '^(%S+) (%d+)$')
number = tonumber(number)
local function add(call, i)
  local at = number + i - 2
  return call('XADD', KEYS[1], 'IDMP', stem .. math.floor(at / 50) % 400, string.format('%.0f', at), '*', 'm', ARGV[i])
end

for i = 2, #ARGV do
  local id = add(i == 2 and redis.pcall or redis.call, i)
  if type(id) == 'table' then return '!' .. id.err end
  ids[i - 1] = id
end
return table.concat(ids, ' ')
