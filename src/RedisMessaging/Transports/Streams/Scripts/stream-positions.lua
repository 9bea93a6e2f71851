#!lua flags=no-writes
-- How far a group has got, and when the first lease of another consumer ends.
-- @requires xinfo
-- @keys stream, retry
-- @args group, consumer, lease
-- KEYS: stream, retry stream
-- ARGV: group, consumer, after how many ms of idling an entry may be taken over, or 0 when that is of no interest
-- Returns: the last id of each that the group was given; then after how many ms the first lease of another consumer may end, or -1 when
--   none is known of

local lease, left = tonumber(ARGV[3]), -1

-- A few tell enough: the entries of a dead consumer are among those that have been pending for longest.
local function look(key)
  for _, entry in ipairs(redis.call('XPENDING', key, ARGV[1], '-', '+', 10)) do
    local rest = lease - entry[3]
    -- One whose lease ended a moment ago may have come too late for the last read; what is there for longer is gone from the stream.
    if entry[2] ~= ARGV[2] and rest > -1000 and (left < 0 or rest < left) then left = math.max(rest, 0) end
  end
end

local positions = {}
for i, key in ipairs(KEYS) do
  local groups = redis.pcall('XINFO', 'GROUPS', key)
  for _, info in ipairs(groups.err and {} or groups) do
    if field_of(info, 'name') == ARGV[1] then
      positions[i] = field_of(info, 'last-delivered-id')
      if lease > 0 and field_of(info, 'pending') > 0 then look(key) end
    end
  end
  if not positions[i] then return redis.error_reply('NOGROUP the group is gone') end
end
return { positions[1], positions[2], left }
