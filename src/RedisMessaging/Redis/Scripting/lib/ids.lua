-- Compares ids of stream entries. As text: a number of Lua's holds 53 bits, and each half of an id has 64.

local function smaller(digits, others)
  if #digits ~= #others then return #digits < #others end
  return digits < others
end

local function before(id, other)
  local ms, sequence = string.match(id, '^(%d+)%-(%d+)$')
  local other_ms, other_sequence = string.match(other, '^(%d+)%-(%d+)$')
  if ms ~= other_ms then return smaller(ms, other_ms) end
  return smaller(sequence, other_sequence)
end
