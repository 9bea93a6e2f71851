#!lua flags=allow-oom
-- Moves what is due: to the stream, and for the groups that are consumed here to their retry streams. What fits into neither becomes a dead
-- letter.
-- @requires due, dead-letter, entry
-- @keys stream, scheduled, scheduledMessages, deadLetters, ...groupKeys
-- @args topic, ...groups
-- KEYS: stream, scheduled, the scheduled messages, dead letters; then for every group its retries, their messages, its retry stream
-- ARGV: topic; then the groups

local function bury_for(group)
  return function(message, why)
    dead_letter(KEYS[4], message, 'unstorable', why, ARGV[1], group, '', 0)
  end
end

for i = 5, #KEYS, 3 do
  move(KEYS[i], KEYS[i + 1], function(message)
    local starts, position, frame = string.match(message, '^(%d+) (%S*)\n()')
    if not frame then return 'It does not begin with its attempts and its position.' end
    redis.call('XADD', KEYS[i + 2], '*', 'm', string.sub(message, frame), 's', starts, 'p', position)
  end, bury_for(ARGV[(i - 5) / 3 + 2]))
end

move(KEYS[2], KEYS[3], function(message)
  local why = unfit_of(message)
  if why then return why end
  redis.call('XADD', KEYS[1], '*', fields_of(message))
end, bury_for(''))

look(KEYS[2])
for i = 5, #KEYS, 3 do look(KEYS[i]) end
return result()
