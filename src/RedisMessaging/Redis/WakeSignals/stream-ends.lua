#!lua flags=no-writes
-- Where streams end, without the entries that XINFO sends along to a client.
-- @requires xinfo
-- @keys ...streams
-- KEYS: the streams
-- Returns: for each the last id it ever gave, '0-0' when it is not there, or nothing when it can't be looked at

local ends = {}
for i, key in ipairs(KEYS) do
  local info = redis.pcall('XINFO', 'STREAM', key)
  ends[i] = false
  if info.err then
    if string.find(info.err, 'no such key', 1, true) then ends[i] = '0-0' end
  else
    ends[i] = field_of(info, 'last-generated-id') or false
  end
end
return ends
