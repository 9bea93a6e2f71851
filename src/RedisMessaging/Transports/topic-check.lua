#!lua flags=allow-oom
-- Looks at a topic's keys before they are used: a consumer that is refused later would only log it, again and again.
-- KEYS: the stamp of the layout's version, then the topic's keys
-- ARGV: our version, 1 to stamp a topic that has none, then the commands a consumer sends (XGROUP|CREATE: a subcommand)
-- Returns: the commands that the user may not send, separated by commas; the topic's version; the type of every key. The last two only when nothing is denied.

local denied = {}
for i = 3, #ARGV do
  local words = {}
  for word in string.gmatch(ARGV[i], '[^|]+') do words[#words + 1] = word end
  -- More arguments than any of them needs: Redis 7.0 looks for the keys of a command without counting its arguments, and crashes where there are too few.
  for _ = 1, 8 do words[#words + 1] = KEYS[2] end
  -- A command that the server does not know by this name is told when it is sent.
  local known, allowed = pcall(redis.acl_check_cmd, unpack(words))
  if known and not allowed then denied[#denied + 1] = ARGV[i] end
end
if #denied > 0 then return { table.concat(denied, ',') } end

local function type_of(key)
  local reply = redis.pcall('TYPE', key)
  return reply.err and 'none' or reply.ok
end

local types = {}
for i = 1, #KEYS do types[i] = type_of(KEYS[i]) end

local version = ''
if types[1] == 'none' or types[1] == 'string' then
  if ARGV[2] == '1' then redis.call('SET', KEYS[1], ARGV[1], 'NX') end
  local stamp = redis.pcall('GET', KEYS[1])
  if type(stamp) == 'string' then version = stamp end
end
return { '', version, unpack(types) }
