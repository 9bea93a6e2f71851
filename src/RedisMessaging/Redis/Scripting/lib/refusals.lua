-- Moves a message from one place to another so that a refusal loses nothing. Redis rolls nothing back: what can be refused comes first,
-- what removes comes last, and a refusal leaves the message where it was. Reads can be refused, too, and come before either. A test reads
-- all scripts for that order.

-- Fails, before anything is changed, where the user may not send a command. What is put would be doubled at every attempt if the place it
-- comes from could not be cleared afterwards. Give it as many arguments as the command takes: Redis 7.0 crashes where there are too few.
local function require_right(command, key, ...)
  local known, allowed = pcall(redis.acl_check_cmd, command, key, ...)
  if known and not allowed then
    error(redis.error_reply("NOPERM this user has no permissions to run the '" .. string.lower(command) .. "' command"))
  end
end

-- Tries to put something somewhere. Returns nothing when that succeeds, or why it is refused: one message that can't be put must not stop
-- those behind it.
local function refused(put, ...)
  local done, why = pcall(put, ...)
  if done then return nil end
  return type(why) == 'table' and why.err or tostring(why)
end
