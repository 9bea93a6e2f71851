#!lua flags=allow-oom
-- How a message stands in an entry of the topic's stream, where other programs use it, too: its properties are the fields. Elsewhere the message is one JSON array of
-- names and values, all of them strings: cjson would read a number inexactly, and forget the order of an object.

-- The fields of an entry, as the last arguments of an XADD.
local function fields_of(frame)
  return unpack(cjson.decode(frame))
end

-- The message of an entry.
local function frame_of(fields)
  return cjson.encode(fields)
end

