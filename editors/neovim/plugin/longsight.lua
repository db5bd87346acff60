-- Commands, <Plug> maps and the hook that turns ghost text on. Everything else is loaded when it is first used.

if vim.g.loaded_longsight then
  return
end
vim.g.loaded_longsight = true

vim.api.nvim_set_hl(0, 'LongsightGhost', { link = vim.fn.has('nvim-0.12') == 1 and 'ComplHint' or 'Comment', default = true })

for group, to in pairs({ Sign = 'DiagnosticSignInfo', Added = 'DiffAdd', Removed = 'DiffDelete', Reason = 'DiagnosticInfo' }) do
  vim.api.nvim_set_hl(0, 'Longsight' .. group, { link = to, default = true })
end

local group = vim.api.nvim_create_augroup('longsight', {})

vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'longsight' then
      require('longsight.client').attached(client, event.buf)
    end
  end,
})

-- The status line shows that a suggestion is on its way.
vim.api.nvim_create_autocmd('LspRequest', {
  group = group,
  callback = function(event)
    if event.data.request.method == 'textDocument/inlineCompletion' then
      vim.cmd.redrawstatus()
    end
  end,
})

vim.api.nvim_create_user_command('Longsight', function(command)
  require('longsight.command').run(command)
end, {
  nargs = '+',
  range = true,
  desc = 'longsight: explain, ask, edit, review hunks, status',
  complete = function(lead, line)
    return require('longsight.command').complete(lead, line)
  end,
})

for what, accept in pairs({ accept = 'all', ['accept-word'] = 'word', ['accept-line'] = 'line' }) do
  vim.keymap.set('i', ('<Plug>(longsight-%s)'):format(what), function()
    require('longsight.ghost').accept(accept)
  end, { desc = 'longsight: accept the suggestion (' .. accept .. ')' })
end
vim.keymap.set('i', '<Plug>(longsight-dismiss)', function()
  require('longsight.ghost').dismiss()
end, { desc = 'longsight: dismiss the suggestion' })
vim.keymap.set('i', '<Plug>(longsight-invoke)', function()
  require('longsight.ghost').invoke()
end, { desc = 'longsight: ask for a suggestion now' })
vim.keymap.set('n', '<Plug>(longsight-explain)', '<Cmd>Longsight explain<CR>', { desc = 'longsight: explain the item here' })
vim.keymap.set('x', '<Plug>(longsight-explain)', ':Longsight explain<CR>', { silent = true, desc = 'longsight: explain the selection' })
vim.keymap.set('x', '<Plug>(longsight-edit)', ':Longsight edit<CR>', { silent = true, desc = 'longsight: edit the selection' })
