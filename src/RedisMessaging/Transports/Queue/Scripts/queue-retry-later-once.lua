#!lua flags=allow-oom
-- A message that no consumer claims (at most once) waits for another attempt.
-- @requires schedule
-- @keys retries, retryMessages, signal
-- @args name, delay, message
-- KEYS: retries, their messages, signal
-- ARGV: a name for it, delay in ms, the message with its prefix

keep_until_due(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], ARGV[3])
return 1
