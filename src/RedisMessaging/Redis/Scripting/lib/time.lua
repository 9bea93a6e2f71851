-- The server's clock, and numbers as Redis reads them.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- In microseconds.
local function now_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Lua writes a large number with an exponent.
local function integer(number)
  return string.format('%.0f', number)
end
