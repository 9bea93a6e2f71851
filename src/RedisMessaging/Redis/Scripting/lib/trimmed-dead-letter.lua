-- A dead letter for an entry that is pending and gone from its stream: only where it stood is known.
-- @requires refusals, dead-letter

local function trimmed_dead_letter(dead_letters, starts, group, topic, source, id)
  -- Refused after the dead letter it would leave the dead letter, and the caller would write it again.
  require_right('HDEL', starts, 'f')
  local started = redis.call('HGET', starts, source .. id) or 0
  local detail = 'Entry ' .. id .. ' was trimmed or deleted while it was pending.'
  dead_letter(dead_letters, '', 'trimmed', detail, topic, group, source == 'm' and id or '', started)
  redis.call('HDEL', starts, source .. id)
end
