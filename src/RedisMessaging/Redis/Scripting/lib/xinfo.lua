-- Replies of XINFO, and fields of an entry: names and values in turn.

-- As a table: name -> value.
local function info_of(reply)
  local found = {}
  for i = 1, #reply, 2 do found[reply[i]] = reply[i + 1] end
  return found
end

-- The value of one name, or nothing.
local function field_of(reply, name)
  for i = 1, #reply, 2 do
    if reply[i] == name then return reply[i + 1] end
  end
end
