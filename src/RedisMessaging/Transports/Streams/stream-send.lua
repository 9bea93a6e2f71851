-- ARGV[1]: nothing
return send(function(frame)
  return redis.call('XADD', KEYS[1], '*', 'm', frame)
end)
