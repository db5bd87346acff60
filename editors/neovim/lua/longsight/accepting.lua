-- How an accepted suggestion gets into the text: all of it, or a word or a line of it, as one step of undo.

local M = {}

--- The part of `text` that one acceptance takes.
---@param text string
---@param what 'all'|'word'|'line'
function M.piece(text, what)
  if what == 'word' then
    return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%w_%s]+') or text
  elseif what == 'line' then
    return text:match('^\n?[^\n]*')
  end
  return text
end

--- Puts text at the cursor, over `after` bytes behind it, as an undo step of its own, and the cursor behind it.
function M.insert(buffer, text, after)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  row = row - 1
  local undolevels = vim.bo[buffer].undolevels
  vim.bo[buffer].undolevels = undolevels
  local lines = vim.split(text, '\n', { plain = true })
  vim.api.nvim_buf_set_text(buffer, row, column, row, column + after, lines)
  vim.api.nvim_win_set_cursor(0, { row + #lines, #lines[#lines] + (#lines == 1 and column or 0) })
end

return M
