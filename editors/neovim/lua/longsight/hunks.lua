-- Changes that wait for review: drawn in the text with a sign, the old lines marked and the new ones below them; accepted or rejected
-- one by one, each its own step of undo. The server says what waits and keeps it in step with the text.

local M = {}

local client_of = require('longsight.client')
local namespace = vim.api.nvim_create_namespace('longsight.hunks')

---@class longsight.Hunk
---@field id integer
---@field range lsp.Range Whole lines; empty for an insertion.
---@field old string
---@field new string
---@field title string What was asked for.
---@field reason string Why, in the model's words; may be empty.

--- What waits, by URI, and the client that said so.
---@type table<string, { client: integer, hunks: longsight.Hunk[] }>
local waiting = {}

---@param hunk longsight.Hunk
local function name(hunk)
  return hunk.reason ~= '' and hunk.reason or hunk.title
end

--- Draws one hunk.
---@param buffer integer
---@param hunk longsight.Hunk
local function draw(buffer, hunk)
  local count = vim.api.nvim_buf_line_count(buffer)
  local first = math.min(hunk.range.start.line, count - 1)
  local inserts = hunk.old == ''
  local last = hunk.range['end'].line
  if hunk.range['end'].character == 0 and last > first then
    last = last - 1
  end
  last = math.min(last, count - 1)
  local new = hunk.new:gsub('\r', ''):gsub('\n$', '')
  local below = {}
  if hunk.new ~= '' then
    for _, line in ipairs(vim.split(new, '\n', { plain = true })) do
      below[#below + 1] = { { line == '' and ' ' or line, 'LongsightAdded' } }
    end
  end
  below[#below + 1] = { { '  ' .. name(hunk), 'LongsightReason' }, { '  :Longsight accept | reject', 'LongsightGhost' } }
  for row = first, inserts and first or last do
    vim.api.nvim_buf_set_extmark(buffer, namespace, row, 0, {
      sign_text = inserts and '+' or '~',
      sign_hl_group = 'LongsightSign',
      line_hl_group = not inserts and 'LongsightRemoved' or nil,
    })
  end
  -- An insertion stands above its line; above the first line nothing can be drawn.
  local above = inserts and first > 0 and hunk.range.start.line < count
  vim.api.nvim_buf_set_extmark(buffer, namespace, inserts and first or last, 0, { virt_lines = below, virt_lines_above = above })
end

--- Draws what waits in a buffer.
---@param buffer integer
function M.refresh(buffer)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  local here = waiting[vim.uri_from_bufnr(buffer)]
  for _, hunk in ipairs(here and here.hunks or {}) do
    draw(buffer, hunk)
  end
end

--- `longsight/hunks` from the server.
---@param params { uri: string, hunks: longsight.Hunk[] }
---@param client integer
function M.show(params, client)
  -- A name can be encoded in more than one way, and to find a buffer by it takes brackets in it for a pattern.
  local uri = vim.uri_from_fname(vim.uri_to_fname(params.uri))
  waiting[uri] = #params.hunks > 0 and { client = client, hunks = params.hunks } or nil
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.uri_from_bufnr(buffer) == uri then
      M.refresh(buffer)
    end
  end
end

--- A server is gone, and what it kept with it.
---@param client integer
function M.forget(client)
  for uri, here in pairs(waiting) do
    if here.client == client then
      M.show({ uri = uri, hunks = {} }, client)
    end
  end
end

--- How many changes wait, here and in other files.
---@param buffer? integer
---@return integer here, integer elsewhere
function M.count(buffer)
  local uri = vim.uri_from_bufnr(buffer or 0)
  local here, elsewhere = 0, 0
  for other, entry in pairs(waiting) do
    if other == uri then
      here = #entry.hunks
    else
      elsewhere = elsewhere + #entry.hunks
    end
  end
  return here, elsewhere
end

--- The hunk of this buffer that is nearest to the cursor.
---@return longsight.Hunk?
local function nearest()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local here = waiting[vim.uri_from_bufnr(0)]
  local best, best_distance
  for _, hunk in ipairs(here and here.hunks or {}) do
    local first, last = hunk.range.start.line, math.max(hunk.range['end'].line - 1, hunk.range.start.line)
    local distance = row < first and first - row or math.max(row - last, 0)
    if not best or distance < best_distance then
      best, best_distance = hunk, distance
    end
  end
  return best
end

--- Nothing waits here; says where something does.
local function nothing()
  local _, elsewhere = M.count()
  local where = elsewhere > 0 and (' in this file; %d in others (:Longsight next)'):format(elsewhere) or ''
  vim.notify('longsight: no change waits for review' .. where, vim.log.levels.INFO)
end

--- Accepts or rejects the hunk nearest to the cursor, or all of them in all files.
---@param command 'longsight.acceptHunk'|'longsight.rejectHunk'
---@param all boolean
function M.decide(command, all)
  local client = client_of.any()
  if not client then
    return
  end
  local hunk = nearest()
  local here, elsewhere = M.count()
  if all and here + elsewhere == 0 or not all and not hunk then
    nothing()
    return
  end
  client_of.execute(client, command, all and { all = true } or { id = hunk.id }, function(failed)
    if failed then
      vim.notify('longsight: ' .. failed.message, vim.log.levels.ERROR)
    end
  end)
end

--- Goes to the next hunk, in this file or the next one.
function M.next()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local mine = vim.uri_from_bufnr(0)
  local places = {}
  for uri, entry in pairs(waiting) do
    for _, hunk in ipairs(entry.hunks) do
      local line = hunk.range.start.line
      -- Behind the cursor in this file first, then the files behind it, those before it, and this file from its top: in a circle,
      -- so that whoever goes on comes to every file.
      local group = uri == mine and (line > row and 0 or 3) or uri > mine and 1 or 2
      places[#places + 1] = { group = group, uri = uri, line = line }
    end
  end
  table.sort(places, function(a, b)
    if a.group ~= b.group then
      return a.group < b.group
    end
    return a.uri == b.uri and a.line < b.line or a.uri < b.uri
  end)
  local place = places[1]
  if not place then
    nothing()
    return
  end
  if place.uri ~= mine then
    vim.cmd.edit(vim.fn.fnameescape(vim.uri_to_fname(place.uri)))
  end
  vim.api.nvim_win_set_cursor(0, { math.min(place.line + 1, vim.api.nvim_buf_line_count(0)), 0 })
end

--- Explains the hunk nearest to the cursor.
function M.explain()
  local hunk = nearest()
  if not hunk then
    nothing()
    return
  end
  require('longsight.answer').run('longsight.explainHunk', { id = hunk.id }, 'change')
end

return M
