-- Suggestions in the text, drawn with extmarks and asked for with a debounce. A suggestion shrinks as the user types through it, and a
-- late answer to an older text is dropped. Neovim 0.12 has inline completion of its own, which is used there (`native.lua`).

local M = {}

local accepting = require('longsight.accepting')
local native = require('longsight.native')
local namespace = vim.api.nvim_create_namespace('longsight.ghost')
local INVOKED, AUTOMATIC = 1, 2

---@class longsight.Suggestion
---@field row integer 0-based
---@field start integer Byte column where `text` begins; what stands between it and the cursor is its beginning.
---@field text string
---@field after integer Bytes after the cursor that the suggestion replaces.

---@class longsight.Ghost
---@field client integer
---@field timer uv.uv_timer_t
---@field request? integer
---@field shown? longsight.Suggestion

---@type table<integer, longsight.Ghost>
local ghosts = {}

--- Which kind of ghost text runs here.
---@return 'native'|'own'
function M.kind()
  return native.is_used() and 'native' or 'own'
end

---@param client vim.lsp.Client
---@param buffer integer
function M.enable(client, buffer)
  if native.is_used() then
    native.enable(buffer)
    return
  end
  M.disable(buffer)
  ghosts[buffer] = { client = client.id, timer = assert(vim.uv.new_timer()) }
  local group = vim.api.nvim_create_augroup('longsight.ghost.' .. buffer, {})
  vim.api.nvim_create_autocmd({ 'TextChangedI', 'CursorMovedI', 'InsertEnter' }, {
    group = group,
    buffer = buffer,
    callback = function()
      M.typed(buffer)
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'CompleteChanged', 'BufLeave' }, {
    group = group,
    buffer = buffer,
    callback = function()
      M.forget(buffer)
    end,
  })
  -- CTRL-C leaves insert mode without telling of it.
  vim.api.nvim_create_autocmd('ModeChanged', {
    group = group,
    buffer = buffer,
    callback = function()
      if not vim.startswith(vim.v.event.new_mode, 'i') then
        M.forget(buffer)
      end
    end,
  })
  vim.api.nvim_create_autocmd({ 'LspDetach', 'BufUnload' }, {
    group = group,
    buffer = buffer,
    callback = function(event)
      if not event.data or event.data.client_id == client.id then
        M.disable(buffer)
      end
    end,
  })
end

---@param buffer integer
function M.disable(buffer)
  local ghost = ghosts[buffer]
  if not ghost then
    return
  end
  M.forget(buffer)
  ghost.timer:close()
  ghosts[buffer] = nil
  pcall(vim.api.nvim_del_augroup_by_name, 'longsight.ghost.' .. buffer)
end

--- Drops what is shown and what is asked.
---@param buffer integer
function M.forget(buffer)
  local ghost = ghosts[buffer]
  if not ghost then
    return
  end
  ghost.timer:stop()
  ghost.shown = nil
  local client = vim.lsp.get_client_by_id(ghost.client)
  if ghost.request and client then
    client:cancel_request(ghost.request)
  end
  ghost.request = nil
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  end
end

--- The line of the cursor: row (0-based), byte column, text.
local function here()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  return row - 1, column, vim.api.nvim_get_current_line()
end

--- What of the suggestion is still to be typed; nil when the text has gone another way.
---@param shown longsight.Suggestion
---@return string?
local function rest(shown)
  local row, column, line = here()
  if row ~= shown.row or column < shown.start then
    return nil
  end
  local typed = line:sub(shown.start + 1, column)
  if #typed >= #shown.text or shown.text:sub(1, #typed) ~= typed then
    return nil
  end
  return shown.text:sub(#typed + 1)
end

--- Draws what is left of the suggestion at the cursor.
local function draw(buffer, ghost)
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  local left = ghost.shown and rest(ghost.shown)
  if not left then
    ghost.shown = nil
    return false
  end
  local row, column, line = here()
  -- What stands behind the cursor and is in the suggestion as well is not drawn twice.
  local behind = line:sub(column + 1, column + ghost.shown.after)
  if behind ~= '' and vim.endswith(left, behind) then
    left = left:sub(1, #left - #behind)
  end
  local lines = vim.split(left, '\n', { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index] == '' and ' ' or lines[index], 'LongsightGhost' } }
  end
  vim.api.nvim_buf_set_extmark(buffer, namespace, row, column, {
    virt_text = { { lines[1], 'LongsightGhost' } },
    virt_text_pos = 'inline',
    virt_lines = #below > 0 and below or nil,
    hl_mode = 'combine',
  })
  return true
end

--- A key was typed: keep what still fits, else ask after a pause.
---@param buffer integer
function M.typed(buffer)
  local ghost = ghosts[buffer]
  if not ghost or vim.api.nvim_get_current_buf() ~= buffer then
    return
  end
  if draw(buffer, ghost) then
    return
  end
  M.forget(buffer)
  if vim.fn.pumvisible() == 1 or vim.fn.reg_recording() ~= '' then
    return
  end
  local pause = require('longsight').options().debounce
  ghost.timer:start(
    pause,
    0,
    vim.schedule_wrap(function()
      if ghosts[buffer] == ghost and vim.api.nvim_get_current_buf() == buffer and vim.fn.mode():sub(1, 1) == 'i' then
        M.ask(buffer, ghost, AUTOMATIC)
      end
    end)
  )
end

--- Asks the server; only the newest question counts, and only if nothing has changed until the answer is there.
function M.ask(buffer, ghost, trigger)
  local client = vim.lsp.get_client_by_id(ghost.client)
  if not client then
    return
  end
  if ghost.request then
    client:cancel_request(ghost.request)
  end
  local tick = vim.api.nvim_buf_get_changedtick(buffer)
  local row, column = here()
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = trigger }
  local _, request
  _, request = client:request('textDocument/inlineCompletion', params, function(error, result)
    if ghost.request == request then
      ghost.request = nil
    end
    local same = vim.api.nvim_get_current_buf() == buffer and vim.api.nvim_buf_get_changedtick(buffer) == tick
    if error or not result or result == vim.NIL or not same then
      return
    end
    local row_now, column_now = here()
    local item = (result.items or result)[1]
    if item and row_now == row and column_now == column and vim.fn.mode():sub(1, 1) == 'i' then
      ghost.shown = M.suggestion(client, item)
      draw(buffer, ghost)
    end
  end, buffer)
  ghost.request = request
end

--- An LSP item in the buffer's own measures.
---@param client vim.lsp.Client
---@return longsight.Suggestion
function M.suggestion(client, item)
  local row, column, line = here()
  local text = type(item.insertText) == 'table' and item.insertText.value or item.insertText
  local shown = { row = row, start = column, text = text:gsub('\r\n', '\n'), after = 0 }
  if item.range and item.range ~= vim.NIL and item.range.start.line == row then
    local function byte(character)
      return vim.str_byteindex(line, client.offset_encoding, character, false)
    end
    shown.start = math.min(byte(item.range.start.character), column)
    if item.range['end'].line == row then
      shown.after = math.max(byte(item.range['end'].character) - column, 0)
    end
  end
  return shown
end

--- Accepts the suggestion or a part of it. Whether there was one. The text changes a moment later, so that `<expr>` maps may call it.
---@param what 'all'|'word'|'line'
---@return boolean
function M.accept(what)
  if native.is_used() then
    return native.accept(what)
  end
  local buffer = vim.api.nvim_get_current_buf()
  local ghost = ghosts[buffer]
  local shown = ghost and ghost.shown
  if not shown or not rest(shown) then
    return false
  end
  vim.schedule(function()
    -- A map is read ahead of the keys before it: what those have typed of the suggestion is not inserted again.
    local left = ghost.shown == shown and vim.api.nvim_get_current_buf() == buffer and rest(shown)
    if not left then
      return
    end
    local taken = accepting.piece(left, what)
    if taken == left then
      M.forget(buffer)
      accepting.insert(buffer, left, shown.after)
      return
    end
    accepting.insert(buffer, taken, 0)
    -- The rest stays, from where the cursor is now.
    local row, column = here()
    ghost.shown = { row = row, start = column, text = left:sub(#taken + 1), after = shown.after }
    draw(buffer, ghost)
  end)
  return true
end

--- Takes the suggestion away. Whether there was one.
---@return boolean
function M.dismiss()
  local buffer = vim.api.nvim_get_current_buf()
  local ghost = ghosts[buffer]
  local there = ghost ~= nil and ghost.shown ~= nil
  M.forget(buffer)
  return native.is_used() and native.dismiss(buffer) or there
end

--- Asks at once, also where automatic suggestions are off.
function M.invoke()
  local buffer = vim.api.nvim_get_current_buf()
  if native.is_used() then
    native.invoke(buffer)
    return
  end
  local ghost = ghosts[buffer]
  if ghost then
    M.ask(buffer, ghost, INVOKED)
  end
end

--- Whether a suggestion can be seen here (for tests and status lines).
---@return boolean
function M.visible()
  local buffer = vim.api.nvim_get_current_buf()
  local mine = native.is_used() and vim.api.nvim_get_namespaces()['nvim.lsp.inline_completion'] or namespace
  return mine ~= nil and #vim.api.nvim_buf_get_extmarks(buffer, mine, 0, -1, {}) > 0
end

return M
