#!lua
-- KEYS stream   ARGV frames, each for the one field of an entry. Appends them in their order; returns their ids with blanks between them, which a client reads faster than a list.
local ids = {}
for i = 1, #ARGV do
  ids[i] = redis.call('XADD', KEYS[1], '*', 'm', ARGV[i])
end
return table.concat(ids, ' ')
