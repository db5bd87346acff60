-- Neovim's own inline completion (0.12 and newer), with what it leaves out: accepting a word or a line, accepting safely right after a
-- key, taking away what typing has contradicted, and asking by hand.

local M = {}

local accepting = require('longsight.accepting')
local INVOKED = 1

--- Whether it draws the suggestions here.
---@return boolean
function M.is_used()
  return vim.lsp.inline_completion ~= nil and require('longsight').options().native
end

--- Neovim's state for a buffer. It is private to Neovim: where it has moved, what needs it does nothing.
---@return table?
local function state(buffer)
  local there, capability = pcall(require, 'vim.lsp._capability')
  local kind = there and type(capability.all) == 'table' and capability.all.inline_completion
  return kind and type(kind.active) == 'table' and kind.active[buffer] or nil
end

--- Where the cursor was when suggestions were asked for, by buffer: of requests by their number, and of the newest answer by its client.
---@type table<integer, { requests: table<integer, integer>, answers: table<integer, integer> }>
local asked = {}

--- The same, of each suggestion that was seen. A suggestion's range is that of the text which was asked about, and typing moves its end.
---@type table<table, integer>
local origins = setmetatable({}, { __mode = 'k' })

--- Notes the origin of the suggestion that is offered now, before the next answer can take its place.
local function remember(buffer)
  local completor, known = state(buffer), asked[buffer]
  local item = completor and completor.current
  if item and known and not origins[item] then
    origins[item] = known.answers[item.client_id]
  end
end

--- Follows a request for suggestions.
---@param event { data: { client_id: integer, request_id: integer, request: { type: string, method: string } } }
local function follow(buffer, event)
  local known, data = asked[buffer], event.data
  if not known or data.request.method ~= 'textDocument/inlineCompletion' then
    return
  end
  if data.request.type == 'pending' then
    known.requests[data.request_id] = vim.api.nvim_get_current_buf() == buffer and vim.api.nvim_win_get_cursor(0)[2] or nil
  elseif data.request.type == 'complete' then
    -- Its handler runs next.
    remember(buffer)
    known.answers[data.client_id] = known.requests[data.request_id]
    known.requests[data.request_id] = nil
  end
end

--- What of a suggestion is still to be typed, and how many bytes behind the cursor it replaces; nil when the text has gone another way.
---@return string?, integer?
local function rest(item)
  remember(vim.api.nvim_get_current_buf())
  local text = type(item.insert_text) == 'table' and item.insert_text.value or item.insert_text
  text = text:gsub('\r\n', '\n')
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local start, after = column, 0
  if item.range then
    local first, from, last, to = item.range:to_extmark()
    if first ~= row - 1 or last ~= first or from > column then
      return nil
    end
    local behind = vim.api.nvim_get_current_line():sub(column + 1)
    local replaced = math.max(to - (origins[item] or column), 0)
    start, after = from, vim.endswith(text, behind:sub(1, replaced)) and math.min(replaced, #behind) or 0
  end
  local typed = vim.api.nvim_get_current_line():sub(start + 1, column)
  if #typed >= #text or not vim.startswith(text, typed) then
    return nil
  end
  return text:sub(#typed + 1), after
end

---@param buffer integer
function M.enable(buffer)
  vim.lsp.inline_completion.enable(true, { bufnr = buffer })
  asked[buffer] = { requests = {}, answers = {} }
  local group = vim.api.nvim_create_augroup('longsight.native.' .. buffer, {})
  vim.api.nvim_create_autocmd('LspRequest', {
    group = group,
    buffer = buffer,
    callback = function(event)
      follow(buffer, event)
    end,
  })
  vim.api.nvim_create_autocmd('BufUnload', {
    group = group,
    buffer = buffer,
    callback = function()
      asked[buffer] = nil
      vim.api.nvim_del_augroup_by_id(group)
    end,
  })
  local function take_away(is_over)
    local completor = state(buffer)
    if completor and completor.current and is_over(completor.current) then
      completor.current = nil
      completor:hide()
    end
  end
  -- What typing has contradicted stays on the screen until the next answer, and would be accepted: it is taken away.
  vim.api.nvim_create_autocmd('TextChangedI', {
    group = group,
    buffer = buffer,
    callback = function()
      take_away(function(item)
        return not rest(item)
      end)
    end,
  })
  -- CTRL-C leaves insert mode, and `:edit` the buffer, without telling of the end of inserting.
  vim.api.nvim_create_autocmd({ 'ModeChanged', 'BufLeave' }, {
    group = group,
    buffer = buffer,
    callback = function(event)
      take_away(function()
        return event.event == 'BufLeave' or not vim.startswith(vim.v.event.new_mode, 'i')
      end)
    end,
  })
end

--- Accepts the suggestion or a part of it. Whether there was one. The text changes a moment later.
---@param what 'all'|'word'|'line'
---@return boolean
function M.accept(what)
  local function take(item)
    local left, after = rest(item)
    if not left then
      return nil
    end
    local taken = accepting.piece(left, what)
    accepting.insert(vim.api.nvim_get_current_buf(), taken, taken == left and after or 0)
    local client = item.command and vim.lsp.get_client_by_id(item.client_id)
    if client and taken == left then
      client:exec_cmd(item.command, { bufnr = vim.api.nvim_get_current_buf() })
    end
  end
  return vim.lsp.inline_completion.get({ on_accept = take })
end

--- Takes the suggestion away. Whether inline completion is on here.
---@param buffer integer
---@return boolean
function M.dismiss(buffer)
  if not vim.lsp.inline_completion.is_enabled({ bufnr = buffer }) then
    return false
  end
  vim.lsp.inline_completion.enable(false, { bufnr = buffer })
  vim.lsp.inline_completion.enable(true, { bufnr = buffer })
  return true
end

--- Asks at once; where a suggestion is shown, the next one of its list is.
---@param buffer integer
function M.invoke(buffer)
  local completor = state(buffer)
  if completor and not completor.current and completor.request then
    completor:request(INVOKED)
    return
  end
  vim.lsp.inline_completion.select({ bufnr = buffer, count = 1, wrap = true })
end

return M
