#!lua flags=allow-oom
-- Puts a dead letter back, to the group that failed with it alone: it is either here or there.
-- KEYS: dead letters, the group's retry stream
-- ARGV: id, message, original position, 1 when the group is one process's own (Broadcast)
-- Returns: 0 when somebody was quicker, or when that process is gone: nobody would ever read it

if ARGV[4] == '1' and redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', 'm', ARGV[2], 's', 0, 'p', ARGV[3])
return 1
