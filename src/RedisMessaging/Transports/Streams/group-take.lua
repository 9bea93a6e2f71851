#!lua flags=allow-oom
-- Takes pending entries from whoever has them and puts them into the group's retry stream, as messages that came back without a verdict.
-- KEYS: stream, retry stream, starts
-- ARGV: group, then the entries' ids
-- Returns: how many were pending

local taken = 0
for i = 2, #ARGV do
  local id = ARGV[i]
  if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1) == 1 then
    local found = redis.call('XRANGE', KEYS[1], id, id)[1]
    local frame = found and frame_of(found[2])
    -- What another program wrote, or a trim took, is left to its lease.
    if frame then
      local starts = redis.call('HGET', KEYS[3], 'm' .. id) or 0
      redis.call('XADD', KEYS[2], '*', 'm', frame, 's', starts, 'p', id)
      redis.call('XACK', KEYS[1], ARGV[1], id)
      redis.call('HDEL', KEYS[3], 'm' .. id)
      taken = taken + 1
    end
  end
end
return taken
