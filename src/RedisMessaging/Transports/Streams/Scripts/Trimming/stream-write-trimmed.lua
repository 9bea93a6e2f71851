#!lua flags=allow-oom
-- Writes the dead letters of entries that were dropped from the pending ones when their dead letters were refused (stream-reclaim.lua).
-- @requires refusals, trimmed-dead-letter
-- @keys starts, deadLetters
-- @args group, topic, sourceCode, ...ids
-- KEYS: starts, dead letters
-- ARGV: group, topic, source (m: stream, r: retry stream); then the ids
-- Returns: the ids of those that are refused again

local unwritten = {}
for i = 4, #ARGV do
  if refused(trimmed_dead_letter, KEYS[2], KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[i]) then unwritten[#unwritten + 1] = ARGV[i] end
end
return unwritten
