return send(function(frame)
  redis.call('LPUSH', KEYS[1], frame)
  return '+'
end)
