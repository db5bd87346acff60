-- The plugin with the real server and the real default model: attach, ghost text seen and accepted, a code action applied, an
-- explanation in the window, health, and the server killed and back. Says nothing about what the model writes.
-- Run as: nvim --headless -u NONE -l real.lua REPOSITORY LONGSIGHT

local root, longsight = arg[1], arg[2]
package.path = root .. '/tests/neovim/?.lua;' .. package.path
local P = require('probe')
P.start(root)

-- A workspace with a function whose body is missing.
local workspace = vim.fn.tempname()
vim.fn.mkdir(workspace .. '/.git', 'p')
vim.fn.mkdir(workspace .. '/src', 'p')
local file = workspace .. '/src/lib.rs'
local SOURCE = {
  '/// The sum of two numbers.',
  'pub fn add(a: i32, b: i32) -> i32 {',
  '    a + b',
  '}',
  '',
  '/// The product of two numbers.',
  'pub fn multiply(a: i32, b: i32) -> i32 {',
  '    ',
  '}',
}
vim.fn.writefile(SOURCE, file)

local MODEL = tonumber(vim.env.PROBE_PATIENCE) or 120000

P.lua(
  [[
  local longsight, file = ...
  vim.g.longsight = { cmd = { longsight, 'serve' }, keys = { accept = '<Tab>' } }
  vim.lsp.enable('longsight')
  vim.cmd.edit(file)
  vim.bo.filetype = 'rust']],
  longsight,
  file
)
local ready = "local c = vim.lsp.get_clients({ name = 'longsight' })[1]; return c and c.initialized and c.id or nil"
local first = P.until_lua(10000, ready)
P.check('attached', first, P.lua('return #vim.lsp.get_clients()'))
local found = P.lua("return vim.lsp.get_clients({ name = 'longsight' })[1].root_dir or 'none'")
P.check('root', vim.uv.fs_realpath(found) == vim.uv.fs_realpath(workspace), { found, workspace })

P.cursor(8, 3)
P.type('A')
local ghost = P.wait(MODEL, P.ghost)
P.check('ghost text', ghost)
local before = P.lines()
P.type('<Tab>')
P.check('accepted', ghost and P.wait(5000, function()
  return table.concat(P.lines(), '\n'):find(ghost, 1, true) and not vim.deep_equal(P.lines(), before)
end), P.lines())
local after = P.lines()
P.check('the rest is untouched', vim.deep_equal({ unpack(after, 1, 7) }, { unpack(SOURCE, 1, 7) }), after)
P.type('<Esc>')

P.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)", SOURCE)
P.lua("vim.cmd('1,4Longsight explain')")
local text = P.wait(MODEL, function()
  local text, title = P.float()
  return title and title:find(' s', 1, true) and text ~= '' and text
end)
P.check('explained', text and not text:find('Failed', 1, true), P.float())
P.type('q')
P.wait(2000, function()
  return P.float() == nil
end)

-- The menu comes from memory, the edit from the model. A small model's edit may be refused, which must be said.
P.cursor(3, 4)
P.lua([[
  Said = nil
  vim.notify = function(message)
    Said = message
  end
  vim.ui.select = function(items, options, choose)
    Menu = items
    for index, item in ipairs(items) do
      if (item.action.kind or ''):find('document', 1, true) then
        choose(item, index)
        return
      end
    end
    choose(nil)
  end
  vim.lsp.buf.code_action()]])
P.check('code actions', P.until_lua(5000, 'return Menu and #Menu > 0 or nil'))
P.check('applied, or refused with a reason', P.wait(MODEL, function()
  return not vim.deep_equal(P.lines(), SOURCE) or P.lua('return Said ~= nil')
end), P.lines())
P.lua('vim.cmd.edit({ bang = true })')

P.lua("vim.cmd('checkhealth longsight')")
local health = table.concat(P.lines(), '\n')
P.check('health', health:find('attached to 1 buffer', 1, true) and not health:find('ERROR', 1, true), health)
P.lua('vim.cmd.bdelete({ bang = true })')

P.lua([[
  for _, process in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
    vim.uv.kill(process, 'sigkill')
  end]])
P.check('back after SIGKILL', P.until_lua(
  10000,
  "local c = vim.lsp.get_clients({ name = 'longsight' })[1]; return c and c.id ~= ... and c.initialized and next(c.attached_buffers) ~= nil or nil",
  first
))
P.lua("vim.lsp.stop_client(vim.lsp.get_clients({ name = 'longsight' }))")
P.finish()
