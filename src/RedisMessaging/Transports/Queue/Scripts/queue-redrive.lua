#!lua flags=allow-oom
-- Puts a dead letter back: it is either here or there.
-- @requires refusals
-- @keys deadLetters, queue
-- @args id, message
-- KEYS: dead letters, queue
-- ARGV: id, message
-- Returns: 0 when another process was quicker

if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then return 0 end
require_right('XDEL', KEYS[1], ARGV[1])
redis.call('LPUSH', KEYS[2], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[1])
