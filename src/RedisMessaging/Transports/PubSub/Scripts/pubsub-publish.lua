-- Publishes messages in their order. No shebang: with one the server would refuse to start it where it is full, can't save or misses
-- replicas, and a PUBLISH is carried out there all the same.
-- @args channel, ...messages
-- ARGV: channel, then messages
-- Returns: how many subscribers each was delivered to, with blanks between them, which a client reads faster than a list

local receivers = {}
for i = 2, #ARGV do
  receivers[i - 1] = redis.call('PUBLISH', ARGV[1], ARGV[i])
end
return table.concat(receivers, ' ')
