-- Whether the stream keeps the ids of publishes (IDMP) as the library counts on it: as many of each producer, and twice as long as it has
-- been, in ms. One that is not there keeps none, and has no message that a repeat could double. Both are settings of the stream (XCFGSET).
-- @requires xinfo
local ids_per_producer = 100

local function remembers(stream, elapsed)
  if redis.call('EXISTS', stream) == 0 then return true end
  local info = info_of(redis.call('XINFO', 'STREAM', stream))
  local kept, seconds = info['idmp-maxsize'] or 0, info['idmp-duration'] or 0
  return kept >= ids_per_producer and seconds * 1000 >= 2 * elapsed
end
