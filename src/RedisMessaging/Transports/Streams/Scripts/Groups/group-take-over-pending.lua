#!lua flags=allow-oom
-- Takes pending entries from whoever has them and puts them into the group's retry stream, as messages that came back without a settlement.
-- @requires refusals, delete-on-ack, entry
-- @keys stream, retry, starts, seen
-- @args group, lostGroupWait, ...ids
-- KEYS: stream, retry stream, starts, when groups were seen
-- ARGV: group, for how many ms a group that is gone is waited for when entries are deleted with their ack (0: they are not), then the
--   entries' ids
-- Returns: how many were pending

require_right('XACK', KEYS[1], ARGV[1], '0-0')
require_right('XDEL', KEYS[1], '0-0')
require_right('HDEL', KEYS[3], 'f')
local deletion = deletion_of(ARGV[1], KEYS[1], KEYS[4], ARGV[2])
local taken = 0
for i = 3, #ARGV do
  local id = ARGV[i]
  if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1) == 1 then
    local found = redis.call('XRANGE', KEYS[1], id, id)[1]
    local frame = found and frame_of(found[2])
    -- What another program wrote, or a trim took, is left to its lease.
    if frame then
      -- With a 0 in front the last start was never settled (StreamReply).
      local recorded = redis.call('HGET', KEYS[3], 'm' .. id)
      local starts = recorded and '0' .. recorded or 0
      redis.call('XADD', KEYS[2], '*', 'm', frame, 's', starts, 'p', id, 'r', 1)
      ack_and_delete(KEYS[1], ARGV[1], id, deletion)
      redis.call('HDEL', KEYS[3], 'm' .. id)
      taken = taken + 1
    end
  end
end
return taken
