#!lua flags=allow-oom
-- Claimed messages wait for another attempt, each with the prefix that it goes back with. The claim is the guard: what a reaper took is not
-- ours any more.
-- @requires refusals, schedule, attempt-prefix
-- @keys claims, retries, retryMessages, signal
-- @args consumer, ...messages
-- KEYS: claims, retries, their messages, signal
-- ARGV: consumer, then claim number, prefix and delay in ms for each
-- Returns: how many were owned, and for each that is refused its claim number and why; it stays claimed

require_right('HDEL', KEYS[1], ARGV[2])
local owned, refusals = 0, {}
for i = 2, #ARGV, 3 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value then
    local _, message = split(value)
    local why = refused(keep_until_due, KEYS[2], KEYS[3], KEYS[4], ARGV[1] .. '/' .. ARGV[i], ARGV[i + 2], ARGV[i + 1] .. message)
    if why then
      refusals[#refusals + 1] = ARGV[i]
      refusals[#refusals + 1] = why
    else
      redis.call('HDEL', KEYS[1], ARGV[i])
      owned = owned + 1
    end
  end
end
return {owned, unpack(refusals)}
