#!lua flags=allow-oom
-- Deletes one entry, unless some group has not read it or has it pending. A group that is announced as abandoned keeps nobody from it.
-- @requires ids, xinfo, group-liveness
-- @keys stream, seen
-- @args id, force
-- KEYS: stream, when groups were seen
-- ARGV: id, 1 to force
-- Returns: 1 when it is deleted, 0 when it is not there, -1 when groups need it; then for each group that needs it, or needed it, its name
--   and 1 when it had it pending

local id, force = ARGV[1], ARGV[2] == '1'
if #redis.call('XRANGE', KEYS[1], id, id) == 0 then return { 0 } end

local result, needed = { 1 }, false
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = info_of(info)
  local pending = #redis.call('XPENDING', KEYS[1], group.name, id, id, 1) == 1
  if pending or before(group['last-delivered-id'], id) then
    local value = redis.call('HGET', KEYS[2], group.name)
    local _, announced = read_seen(value or '0')
    needed = needed or not announced
    result[#result + 1] = group.name
    result[#result + 1] = pending and 1 or 0
  end
end

if needed and not force then
  result[1] = -1
else
  redis.call('XDEL', KEYS[1], id)
end
return result
