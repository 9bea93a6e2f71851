-- ARGV[1]: how many entries the stream keeps, '' for all
return send(function(frame)
  if ARGV[1] == '' then return redis.call('XADD', KEYS[1], '*', fields_of(frame)) end
  return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', fields_of(frame))
end)
