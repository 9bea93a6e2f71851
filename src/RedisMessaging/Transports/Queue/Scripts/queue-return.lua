#!lua flags=allow-oom
-- Gives claimed messages back. The claim is the guard: what a reaper took is not ours any more.
-- @requires refusals, attempt-prefix
-- @keys queue, claims, attempts?
-- @args side, ...messages
-- KEYS: queue, claims; the attempts of a shared queue
-- ARGV: side (RPUSH: the front, LPUSH: the end), then claim number and prefix for each
-- Returns: how many were owned, and for each that is refused its claim number and why; it stays claimed

require_right('HDEL', KEYS[2], ARGV[2])
local owned, refusals = 0, {}
for i = 2, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[2], ARGV[i])
  if value then
    local _, message = split(value)
    local why = refused(put_back, ARGV[1], KEYS[1], KEYS[3], ARGV[i + 1], message)
    if why then
      refusals[#refusals + 1] = ARGV[i]
      refusals[#refusals + 1] = why
    else
      redis.call('HDEL', KEYS[2], ARGV[i])
      owned = owned + 1
    end
  end
end
return {owned, unpack(refusals)}
