#!lua flags=allow-oom
-- KEYS dead letters, queue   ARGV id, message
-- Puts a dead letter back: it is either here or there. Returns 0 when somebody was quicker.
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('LPUSH', KEYS[2], ARGV[2])
return 1
