#!lua flags=allow-oom
-- Records that a handler is being started, where the reaper will find it.
-- @requires attempt-prefix
-- @keys claims
-- @args ...starts
-- KEYS: claims
-- ARGV: claim number and prefix for each
-- Returns: how many were owned

local owned = 0
for i = 1, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value then
    local _, message = split(value)
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. message)
    owned = owned + 1
  end
end
return owned
