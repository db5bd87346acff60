-- `:Longsight status` in words: what runs, who answered last, why nothing was suggested here.

local M = {}

--- How an engine is doing.
local function engine(one)
  local parts = { ('%s: %s'):format(one.name, one.model) }
  parts[#parts + 1] = #(one.roles or {}) > 0 and 'plays ' .. table.concat(one.roles, ' and ') or 'plays no role'
  parts[#parts + 1] = one.remote and 'on another machine' .. (one.origin and ' (' .. one.origin .. ')' or '') or nil
  if one.prefill_rate and one.decode_rate then
    parts[#parts + 1] = ('reads %d and writes %d tokens/s'):format(one.prefill_rate, one.decode_rate)
  end
  parts[#parts + 1] = one.problem and 'problem: ' .. one.problem or nil
  return '- ' .. table.concat(parts, ', ')
end

local function decision(one)
  if one.failed then
    return ('- %s: %s (%s) failed: %s'):format(one.task:gsub('_', ' '), one.role, one.model or one.engine, (one.failed:gsub('%s+', ' ')))
  end
  local took = one.timing and one.timing.total_ms and (' in %.1f s'):format(one.timing.total_ms / 1000) or ''
  return ('- %s: %s (%s)%s, %s'):format(one.task:gsub('_', ' '), one.role, one.model or one.engine, took, one.reason)
end

--- The newest reason why nothing was suggested in the buffer.
local function nothing(said, uri)
  for _, silence in ipairs(said.nothing or {}) do
    if silence.uri == uri then
      return silence.reason
    end
  end
end

--- What the server says about itself, as lines of markdown.
---@param said table The answer to `longsight.status`.
---@param uri string The buffer in question.
---@param busy? string What is going on.
---@return string[]
function M.lines(said, uri, busy)
  local roots = vim.tbl_map(vim.uri_to_fname, said.roots or {})
  local lines = { ('# longsight %s'):format(said.version or ''), '', 'Workspace: ' .. (#roots > 0 and table.concat(roots, ', ') or 'none') }
  local trust = said.trust or {}
  lines[#lines + 1] = 'Trust: ' .. (trust.trusted == false and 'not trusted, ' or '') .. (trust.reason or 'unknown')
  lines[#lines + 1] = said.local_only and 'Nothing may leave this machine.' or nil
  lines[#lines + 1] = 'Now: ' .. (busy or 'idle')
  local why = nothing(said, uri)
  lines[#lines + 1] = why and 'Why nothing was suggested here: ' .. why or nil
  local pending = said.pending or {}
  lines[#lines + 1] = #pending > 0 and ('%d change(s) wait for review'):format(#pending) or nil
  vim.list_extend(lines, { '', '## Engines', '' })
  vim.list_extend(lines, vim.tbl_map(engine, said.engines or {}))
  vim.list_extend(lines, { '', '## Last answers', '' })
  local decisions = said.decisions or {}
  for index = #decisions, math.max(1, #decisions - 9), -1 do
    lines[#lines + 1] = decision(decisions[index])
  end
  lines[#lines + 1] = #decisions == 0 and 'None yet.' or nil
  return vim.list_extend(lines, { '', 'What was sent to other machines: ' .. (said.audit or 'nothing is recorded') })
end

return M
