-- Deletes an entry with its ack: no group may lose what it has not acked.
-- @requires time, xinfo, group-liveness

-- XACKDEL … ACKED (Redis 8.2) deletes an entry once every group has acked it. Asked for at each call, and never noted: after a failover the
-- server may be another one, and a user may have no right to it.
local function has_ackdel(stream)
  local known, allowed = pcall(redis.acl_check_cmd, 'XACKDEL', stream, 'g', 'ACKED', 'IDS', '1', '0-0')
  return known and allowed
end

-- Whether a group's acks delete, and how.
-- wait: for how many ms a group that is gone from the stream is waited for, '0' when nothing is deleted with its ack
-- Returns a table: empty when entries stay, with alone when no other group needs them, with shared when XACKDEL looks at the others
local function deletion_of(group, stream, seen, wait)
  if wait == '0' then return {} end
  local groups, there, alone = redis.pcall('XINFO', 'GROUPS', stream), {}, true
  for _, info in ipairs(groups.err and {} or groups) do
    local name = field_of(info, 'name')
    there[name] = true
    if name ~= group then alone = false end
  end
  -- A group that was lost is created again by its consumers, and needs what it has not acked. XACKDEL knows nothing of it.
  local noted = redis.pcall('HGETALL', seen)
  if noted.err then return {} end
  for i = 1, #noted, 2 do
    local name = noted[i]
    local gone_since = read_seen(noted[i + 1]) or 0
    if name ~= group and not there[name] and now_ms() - gone_since < tonumber(wait) then return {} end
  end
  return { alone = alone, shared = has_ackdel(stream) }
end

-- Returns whether it was pending in the group; what was not stays.
local function ack_and_delete(stream, group, id, deletion)
  if deletion.shared then return redis.call('XACKDEL', stream, group, 'ACKED', 'IDS', 1, id)[1] ~= -1 end
  if redis.call('XACK', stream, group, id) == 0 then return false end
  if deletion.alone then redis.call('XDEL', stream, id) end
  return true
end
