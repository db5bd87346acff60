-- Edits that wait for review: the server shows them as code lenses, one pair per hunk; accept and reject act on the nearest.

local M = {}

local client_of = require('longsight.client')

--- Keeps the lenses of a buffer fresh.
---@param _ vim.lsp.Client
---@param buffer integer
function M.attach(_, buffer)
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = buffer })
    return
  end
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'TextChanged' }, {
    group = vim.api.nvim_create_augroup('longsight.hunks.' .. buffer, {}),
    buffer = buffer,
    callback = function()
      M.refresh(buffer)
    end,
  })
end

--- Shows what waits for review now. 0.12 follows the server by itself.
---@param buffer integer
function M.refresh(buffer)
  if not vim.lsp.codelens.enable and vim.api.nvim_buf_is_loaded(buffer) then
    vim.lsp.codelens.refresh({ bufnr = buffer })
  end
end

--- Runs the lens called `command` that is nearest to the cursor.
---@param command 'longsight.acceptHunk'|'longsight.rejectHunk'
function M.decide(command)
  local client = client_of.get()
  if not client then
    return
  end
  local buffer, row = vim.api.nvim_get_current_buf(), vim.api.nvim_win_get_cursor(0)[1] - 1
  client:request('textDocument/codeLens', { textDocument = vim.lsp.util.make_text_document_params(buffer) }, function(error, lenses)
    local nearest
    for _, lens in ipairs(not error and type(lenses) == 'table' and lenses or {}) do
      if lens.command and lens.command.command == command then
        local distance = math.abs(lens.range.start.line - row)
        if not nearest or distance < nearest.distance then
          nearest = { distance = distance, command = lens.command }
        end
      end
    end
    if not nearest then
      vim.notify('longsight: no edit waits for review in this file', vim.log.levels.INFO)
      return
    end
    local run = { command = nearest.command.command, arguments = nearest.command.arguments }
    client:request('workspace/executeCommand', run, function(failed)
      if failed then
        vim.notify('longsight: ' .. failed.message, vim.log.levels.ERROR)
      end
      M.refresh(buffer)
    end, buffer)
  end, buffer)
end

return M
