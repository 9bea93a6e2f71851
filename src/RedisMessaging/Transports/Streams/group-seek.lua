-- Has a group go on after another id. What it acked does not keep it from handling that again.
-- KEYS: stream, floor, inbox, when groups were seen
-- ARGV: group, id or $
-- Returns: 1, or 0 when there is no such group

local done = redis.pcall('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
if done.err then
  if string.find(done.err, 'NOGROUP', 1, true) or string.find(done.err, 'no such key', 1, true) or string.find(done.err, 'requires the key to exist', 1, true) then return 0 end
  return redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
end
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
  -- Nothing may be pending below the floor; what is, keeps it where it is until the next sweep.
  if group.name == ARGV[1] and group.pending == 0 then redis.call('SET', KEYS[2], group['last-delivered-id']) end
end
redis.call('DEL', KEYS[3])
-- Whoever does that expects it to find what is there.
show_life(KEYS[4], ARGV[1])
return 1
