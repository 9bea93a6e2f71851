-- Moves what is due: to the stream, and for the groups that are consumed here to their retry streams.
-- KEYS: stream, scheduled, the scheduled messages; then for every group its retries, their messages, its retry stream

for i = 4, #KEYS, 3 do
  move(KEYS[i], KEYS[i + 1], function(message)
    local starts, position, frame = string.match(message, '^(%d+) (%S*)\n()')
    redis.call('XADD', KEYS[i + 2], '*', 'm', string.sub(message, frame), 's', starts, 'p', position)
  end)
end

move(KEYS[2], KEYS[3], function(message)
  redis.call('XADD', KEYS[1], '*', fields_of(message))
end)

look(KEYS[2])
for i = 4, #KEYS, 3 do look(KEYS[i]) end
return result()
