-- Counts the entries after an id, a page at a time, without sending them.
-- @keys stream
-- @args after, pageSize
-- KEYS: stream
-- ARGV: the id to count after, the page's size
-- Returns: how many, the last one's id

local page = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
if #page == 0 then return { 0, ARGV[1] } end
return { #page, page[#page][1] }
