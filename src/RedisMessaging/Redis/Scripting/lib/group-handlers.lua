-- Which handlers a group had last, so that a group that is new can be told from one whose application was renamed.
-- The hash has a field for every group: its handlers, one in each line. One that begins with "delegate " is known by its message alone.
-- @requires xinfo

local function handlers_in(text)
  local found = {}
  for handler in string.gmatch(text, '[^\n]+') do found[handler] = true end
  return found
end

-- Whether a group has a live consumer: one that was silent for no longer than a lease.
local function is_consumed(stream, group, lease)
  local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, group)
  if consumers.err then return false end
  for _, info in ipairs(consumers) do
    if field_of(info, 'idle') < lease then return true end
  end
  return false
end

-- The names of a stream's other groups that had one of these handlers. Delegates of two applications may well handle the same messages:
-- they count while the other group has no live consumer.
local function groups_with(handlers, stream, group, text, lease)
  local own, found = handlers_in(text), {}
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local name = field_of(info, 'name')
    local known = name ~= group and redis.pcall('HGET', handlers, name)
    for handler in pairs(type(known) == 'string' and handlers_in(known) or {}) do
      if own[handler] and (string.sub(handler, 1, 9) ~= 'delegate ' or not is_consumed(stream, name, lease)) then
        found[#found + 1] = name
        break
      end
    end
  end
  return found
end
