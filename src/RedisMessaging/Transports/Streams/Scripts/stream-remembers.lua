#!lua
-- Whether the stream keeps the ids of publishes (IDMP) as the library counts on it: as many of each producer, and twice as long as it has been, in ms. One that is not there keeps none, and has
-- no message that a repeat could double. Both are settings of the stream (XCFGSET).
local ids_per_producer = 100

local function remembers(elapsed)
  if redis.call('EXISTS', KEYS[1]) == 0 then return true end
  local info, kept, seconds = redis.call('XINFO', 'STREAM', KEYS[1]), 0, 0
  for i = 1, #info, 2 do
    if info[i] == 'idmp-maxsize' then kept = info[i + 1] end
    if info[i] == 'idmp-duration' then seconds = info[i + 1] end
  end
  return kept >= ids_per_producer and seconds * 1000 >= 2 * elapsed
end

