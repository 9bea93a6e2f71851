#!lua flags=allow-oom
-- Writes a dead letter of a message that is claimed by no consumer (at most once).
-- @requires dead-letter
-- @keys deadLetters
-- @args limit, maxAge, topic, group, starts, reason, detail, message
-- KEYS: dead letters
-- ARGV: limit, for how many ms dead letters are kept (0: for ever), topic, group, starts, reason, detail, message
-- Returns: how many old dead letters had to go

dead_letter(KEYS[1], ARGV[8], ARGV[6], ARGV[7], ARGV[3], ARGV[4], '', ARGV[5])
return trim_dead_letters(KEYS[1], ARGV[1], ARGV[2])
