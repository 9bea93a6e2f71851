#!lua
-- Appends to the list.
-- @requires send
-- @keys target, ids, scheduled, scheduledMessages, signal
-- @args window, mode, ...messages
-- KEYS: as send.lua says
-- ARGV: as send.lua says
-- Returns: as send.lua says

return send(function(frame)
  redis.call('LPUSH', KEYS[1], frame)
  return '+'
end)
