#!lua flags=no-writes
-- KEYS: stream, retry stream
-- ARGV: group
-- Returns: the last id of each that the group was given

local function field(list, name)
  for i = 1, #list, 2 do
    if list[i] == name then return list[i + 1] end
  end
end

local positions = {}
for i, key in ipairs(KEYS) do
  local groups = redis.pcall('XINFO', 'GROUPS', key)
  for _, info in ipairs(groups.err and {} or groups) do
    if field(info, 'name') == ARGV[1] then positions[i] = field(info, 'last-delivered-id') end
  end
  if not positions[i] then return redis.error_reply('NOGROUP the group is gone') end
end
return positions
