#!lua flags=allow-oom
-- Creates a group before its first consumer comes.
-- @requires xinfo, group-liveness, delete-on-ack
-- @keys stream, retry, settledUpTo, seen
-- @args group, start, deletesOnAck
-- KEYS: stream, retry stream, up to where all is settled, when groups were seen
-- ARGV: group, the id it starts after, or $, 1 when the groups delete with their acks: without XACKDEL the stream may have no other group
--   then
-- Returns: 1, or 0 when there is one already, or the name of another group

if ARGV[3] == '1' and not has_ackdel(KEYS[1]) and redis.call('EXISTS', KEYS[1]) == 1 then
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local name = info_of(info).name
    if name ~= ARGV[1] then return { name } end
  end
end

local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2], 'MKSTREAM')
if made.err then
  if string.find(made.err, 'BUSYGROUP', 1, true) then return 0 end
  return redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2], 'MKSTREAM')
end
redis.pcall('XGROUP', 'CREATE', KEYS[2], ARGV[1], '0', 'MKSTREAM')
show_life(KEYS[4], ARGV[1])
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = info_of(info)
  if group.name == ARGV[1] then redis.call('SET', KEYS[3], group['last-delivered-id']) end
end
return 1
