#!lua flags=allow-oom
-- What the scripts share that write a dead letter for an entry that is pending and gone from its stream: only where it stood is known.

local function trimmed_letter(letters, starts, group, topic, lane, id)
  -- Refused after the letter it would leave the letter, and the caller would write it again.
  require_right('HDEL', starts, 'f')
  local started = redis.call('HGET', starts, lane .. id) or 0
  dead_letter(letters, '', 'trimmed', 'Entry ' .. id .. ' was trimmed or deleted while it was pending.', topic, group, lane == 'm' and id or '', started)
  redis.call('HDEL', starts, lane .. id)
end

