-- How a message stands in an entry of the topic's stream, where other programs use it, too: its properties are the fields. Elsewhere the
-- message is one JSON array of names and values, all of them strings: cjson would read a number inexactly, and forget the order of an
-- object.

-- Why a message can't be an entry, whatever is tried; nil when it can. Lua passes 8,000 arguments to a command at the most.
local function unfit_of(frame)
  local read, fields = pcall(cjson.decode, frame)
  if not read or type(fields) ~= 'table' then return 'It is not a list of fields and their values.' end
  if #fields == 0 or #fields % 2 == 1 then return 'An entry needs a value for each field, and a field at least.' end
  if #fields > 7900 then return 'It has ' .. #fields / 2 .. ' fields; a message that was held back can have 3,950 at the most.' end
  for i = 1, #fields do
    if type(fields[i]) ~= 'string' and type(fields[i]) ~= 'number' then return 'Not all of its fields are text.' end
  end
end

-- The fields of an entry, as the last arguments of an XADD.
local function fields_of(frame)
  return unpack(cjson.decode(frame))
end

-- The message of an entry.
local function frame_of(fields)
  return cjson.encode(fields)
end
