-- How a message stands in an entry of the topic's stream: in the one field m.

-- Why a message can't be an entry: any can.
local function unfit_of()
end

-- The fields of an entry, as the last arguments of an XADD.
local function fields_of(frame)
  return 'm', frame
end

-- The message of an entry; nil for what another program wrote.
local function frame_of(fields)
  return #fields == 2 and fields[1] == 'm' and fields[2] or nil
end
