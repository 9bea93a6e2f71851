#!lua flags=allow-oom
-- What a consumer that has had nothing to do asks for now and then, all at once: hundreds of them do.
-- @requires xinfo, group-liveness, delete-on-ack
-- @keys stream, retry, settledUpTo, seen
-- @args group, consumer, end, namesGroups
-- KEYS: stream, retry stream, up to where all is settled, when groups were seen
-- ARGV: group, consumer, an id that nothing lies behind, 1 to name the groups
-- Shows that the consumer is alive, and notes how far the group has got (stream-note-settled.lua) when nothing is pending.
-- Returns: 1 when nothing is pending and nothing is new, how many entries the group missed while it was taken for abandoned, or -1, how
--   many groups there are, and the last id that the group was given of each stream, the last id that the topic's stream ever gave; and when
--   they are asked for, 1 where XACKDEL can be used, and the groups' names

-- Redis 7.0 counts neither an XREADGROUP nor an XAUTOCLAIM that finds nothing as a sign of life; a look into the history is one, empty as
-- it is.
redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], ARGV[3])

local quiet, count, positions, names = 1, 0, {}, {}
for i = 1, 2 do
  local groups = redis.call('XINFO', 'GROUPS', KEYS[i])
  if i == 1 then count = #groups end
  for _, info in ipairs(groups) do
    if i == 1 and ARGV[4] == '1' then names[#names + 1] = field_of(info, 'name') end
    if field_of(info, 'name') == ARGV[1] then
      positions[i] = field_of(info, 'last-delivered-id')
      -- A lag that Redis does not know is no number.
      if field_of(info, 'pending') ~= 0 or field_of(info, 'lag') ~= 0 then quiet = 0 end
    end
  end
  if not positions[i] then return redis.error_reply('NOGROUP the group is gone') end
end
local last = field_of(redis.call('XINFO', 'STREAM', KEYS[1]), 'last-generated-id')
local shares = #names > 1 and has_ackdel(KEYS[1]) and 1 or 0
if quiet == 0 then return { 0, -1, count, positions[1], positions[2], last, shares, names } end
redis.call('SET', KEYS[3], positions[1])
return { 1, show_life(KEYS[4], ARGV[1]), count, positions[1], positions[2], last, shares, names }
