#!lua flags=allow-oom
-- Notes how far a group has got, the id up to which everything is settled, and that its consumers are there. A group that is lost later
-- goes on from there.
-- @requires xinfo, group-liveness, delete-on-ack
-- @keys stream, settledUpTo, seen
-- @args group, namesGroups
-- KEYS: stream, up to where all is settled, when groups were seen
-- ARGV: group, 1 to name the groups
-- Returns: how many groups there are, how many entries this one missed while it was taken for abandoned, or -1, the last id that the stream
--   ever gave, the last one that the group was given; and when they are asked for, 1 where XACKDEL can be used, and the groups' names

local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if groups.err then return { 0, -1, '0-0', '0-0', 0, {} } end
local missed, delivered = -1, '0-0'
local names = {}
for _, info in ipairs(groups) do
  if ARGV[2] == '1' then names[#names + 1] = field_of(info, 'name') end
  if field_of(info, 'name') == ARGV[1] then
    delivered = field_of(info, 'last-delivered-id')
    local settled = delivered
    if field_of(info, 'pending') > 0 then
      local oldest = redis.call('XPENDING', KEYS[1], ARGV[1])[2]
      -- Looked for first: where there is nothing before it, XREVRANGE looks at the whole stream.
      local any = redis.call('XRANGE', KEYS[1], '-', '(' .. oldest, 'COUNT', 1)[1]
      settled = any and redis.call('XREVRANGE', KEYS[1], '(' .. oldest, '-', 'COUNT', 1)[1][1] or '0-0'
    end
    redis.call('SET', KEYS[2], settled)
    missed = show_life(KEYS[3], ARGV[1])
  end
end
local last = field_of(redis.call('XINFO', 'STREAM', KEYS[1]), 'last-generated-id')
return { #groups, missed, last, delivered, #names > 1 and has_ackdel(KEYS[1]) and 1 or 0, names }
