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

--- What of a suggestion is still to be typed, and how many bytes behind the cursor it replaces; nil when the text has gone another way.
---@return string?, integer?
local function rest(item)
  local text = type(item.insert_text) == 'table' and item.insert_text.value or item.insert_text
  text = text:gsub('\r\n', '\n')
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local start, after = column, 0
  if item.range then
    local first, from, last, to = item.range:to_extmark()
    if first ~= row - 1 or last ~= first or from > column then
      return nil
    end
    -- The range is that of the text which was asked about; what was typed since moves its end.
    start, after = from, 0
    if to > from then
      local line = vim.api.nvim_get_current_line()
      local behind = line:sub(column + 1)
      local replaced = math.max(to - column, 0)
      after = replaced > 0 and vim.endswith(text, behind:sub(1, replaced)) and replaced or 0
    end
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
  -- What typing has contradicted stays on the screen until the next answer, and would be accepted: it is taken away.
  vim.api.nvim_create_autocmd('TextChangedI', {
    group = vim.api.nvim_create_augroup('longsight.native.' .. buffer, {}),
    buffer = buffer,
    callback = function()
      local completor = state(buffer)
      if completor and completor.current and not rest(completor.current) then
        completor.current = nil
        completor:hide()
      end
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
