-- Ends what is over without promoting anyone: lapsed sessions and lapsed graces.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, limit (500 at most)
-- Returns  how many places lapsed; as many as the limit means that there may be more
-- Needs    queue state guard record lapse place purge

guard()
local lapsed = purge(tonumber(ARGV[3]))
save()
return lapsed
