-- A message that nobody claims (at most once) waits for another attempt.
-- KEYS: retries, their messages, bell
-- ARGV: a name for it, delay in ms, the message with its mark

keep(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2], ARGV[3])
return 1
