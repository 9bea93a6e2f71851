#!lua flags=allow-oom
-- Looks at a topic's keys before they are used: a consumer that is refused later would only log it, again and again.
-- @keys stamp, ...topicKeys
-- @args version, stamps, ...commands
-- KEYS: the stamp of the layout's version, then the topic's keys
-- ARGV: our version, 1 to stamp a topic that has none, then the commands a consumer sends (XGROUP|CREATE: a subcommand)
-- Returns: the commands that the user may not send, separated by commas; those that the server does not know; the topic's version; the type
--   of every key. The last two only when there is no such command.

-- Redis 7.0 looks for the keys of a command without counting its arguments, and crashes where there are too few; newer ones refuse a number
-- that does not suit. So it starts with more than any of them needs.
local function ask(words)
  local named = #words
  for _ = 1, 8 do words[#words + 1] = KEYS[2] end
  for count = #words, named, -1 do
    local known, allowed = pcall(redis.acl_check_cmd, unpack(words, 1, count))
    if known then return true, allowed end
    local text = type(allowed) == 'table' and allowed.err or tostring(allowed)
    if not string.find(text, 'Wrong number', 1, true) then return false end
  end
  return false
end

local denied, unknown = {}, {}
for i = 3, #ARGV do
  local words = {}
  for word in string.gmatch(ARGV[i], '[^|]+') do words[#words + 1] = word end
  local known, allowed = ask(words)
  if not known then
    unknown[#unknown + 1] = ARGV[i]
  elseif not allowed then
    denied[#denied + 1] = ARGV[i]
  end
end
if #denied > 0 or #unknown > 0 then return { table.concat(denied, ','), table.concat(unknown, ',') } end

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
return { '', '', version, unpack(types) }
