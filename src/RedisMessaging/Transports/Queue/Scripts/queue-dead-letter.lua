#!lua flags=allow-oom
-- Moves claimed messages to the dead letters.
-- @requires refusals, attempt-prefix, dead-letter
-- @keys claims, deadLetters
-- @args limit, maxAge, topic, group, ...messages
-- KEYS: claims, dead letters
-- ARGV: limit, for how many ms dead letters are kept (0: for ever), topic, group, then claim number, starts, reason and detail for each
-- Returns: how many were owned, how many old dead letters had to go, and for each that is refused its claim number and why; it stays
--   claimed

require_right('HDEL', KEYS[1], ARGV[5])
local owned, refusals = 0, {}
for i = 5, #ARGV, 4 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value then
    local _, message = split(value)
    local why = refused(dead_letter, KEYS[2], message, ARGV[i + 2], ARGV[i + 3], ARGV[3], ARGV[4], '', ARGV[i + 1])
    if why then
      refusals[#refusals + 1] = ARGV[i]
      refusals[#refusals + 1] = why
    else
      redis.call('HDEL', KEYS[1], ARGV[i])
      owned = owned + 1
    end
  end
end
return {owned, owned > 0 and trim_dead_letters(KEYS[2], ARGV[1], ARGV[2]) or 0, unpack(refusals)}
