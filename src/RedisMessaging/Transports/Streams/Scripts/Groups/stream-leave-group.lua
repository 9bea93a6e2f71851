#!lua flags=allow-oom
-- A consumer leaves: what is still pending for it goes to the retry stream, a hundred entries a call, and few when they are large; then it
-- is removed. Never before that: XGROUP
-- DELCONSUMER drops what is pending.
-- @requires refusals, xinfo, delete-on-ack, entry
-- @keys stream, retry, starts, seen
-- @args group, consumer, lostGroupWait
-- KEYS: stream, retry stream, starts, when groups were seen
-- ARGV: group, consumer, for how many ms a group that is gone is waited for when entries are deleted with their ack (0: they are not)
-- Returns: 1 when another call is needed

local group, consumer = ARGV[1], ARGV[2]
local most_entries, most_bytes = 100, 4 * 1024 * 1024
local moved, bytes = 0, 0

local function is_full()
  return moved >= most_entries or bytes >= most_bytes
end

require_right('XACK', KEYS[2], group, '0-0')
require_right('XDEL', KEYS[2], '0-0')
require_right('HDEL', KEYS[3], 'f')
local deletion = { m = deletion_of(group, KEYS[1], KEYS[4], ARGV[3]), r = { alone = true } }

local function pending(key)
  local reply = redis.pcall('XPENDING', key, group, '-', '+', most_entries - moved, consumer)
  if reply.err == nil then return reply end
  if string.find(reply.err, 'NOGROUP', 1, true) then return {} end
  return redis.call('XPENDING', key, group, '-', '+', most_entries - moved, consumer)
end

local function release(key, source)
  if is_full() then return end
  local in_retry = source == 'r'
  for _, entry in ipairs(pending(key)) do
    local id = entry[1]
    local found = redis.call('XRANGE', key, id, id)[1]
    local fields = found and found[2]
    -- What another program wrote has none; it stays pending, and the next sweep of the group finds it.
    local frame = fields and (in_retry and field_of(fields, 'm') or not in_retry and frame_of(fields))
    if frame then
      local recorded = redis.call('HGET', KEYS[3], source .. id)
      local moved_with = in_retry and field_of(fields, 's') or '0'
      local starts = math.max(tonumber(recorded or 0), tonumber(moved_with) or 0)
      -- With a 0 in front the last start was never settled (StreamReply).
      if recorded or string.match(moved_with, '^0%d') then starts = '0' .. starts end
      local position = in_retry and (field_of(fields, 'p') or '') or id
      redis.call('XADD', KEYS[2], '*', 'm', frame, 's', starts, 'p', position, 'r', 1)
      ack_and_delete(key, group, id, deletion[source])
      redis.call('HDEL', KEYS[3], source .. id)
      moved = moved + 1
      bytes = bytes + #frame
      if is_full() then return end
    end
  end
end

local function remove(key)
  if #pending(key) == 0 then
    redis.pcall('XGROUP', 'DELCONSUMER', key, group, consumer)
  end
end

release(KEYS[1], 'm')
release(KEYS[2], 'r')
if is_full() then return 1 end
remove(KEYS[1])
remove(KEYS[2])
return 0
