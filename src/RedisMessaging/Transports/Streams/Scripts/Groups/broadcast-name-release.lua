-- Gives a broadcast name back.
-- @keys holder
-- @args consumer
-- KEYS: holder
-- ARGV: consumer

local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%S+') == ARGV[1] then redis.call('DEL', KEYS[1]) end
