-- A session on a real repository, the plugin's own server's source, with the real server and the real default model: open, edit, save, another
-- branch by git, a question whose answer is on that branch alone, a jump to it, and back. Says nothing about what the model writes.
-- Run as: nvim --headless -u NONE -l branches.lua REPOSITORY LONGSIGHT

local root, longsight = arg[1], arg[2]
package.path = root .. '/tests/neovim/?.lua;' .. package.path
local P = require('probe')
P.start(root)

local MODEL = tonumber(vim.env.PROBE_PATIENCE) or 120000
local workspace = vim.fn.tempname()
vim.fn.mkdir(workspace, 'p')

local function git(...)
  local command = { 'git', '-C', workspace, '-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false', ... }
  local done = vim.system(command):wait()
  assert(done.code == 0, table.concat(command, ' ') .. done.stderr)
end

assert(vim.system({ 'cp', '-R', root .. '/src', root .. '/Cargo.toml', workspace }):wait().code == 0)
git('init', '-q', '-b', 'main')
git('add', '.')
git('commit', '-q', '-m', 'main')
git('switch', '-q', '-c', 'ferries')
local lib = workspace .. '/src/lib.rs'
local FERRY = { '//! When ferries sail.', '', '/// Minutes until the next ferry.', 'pub fn ferry_timetable(now: u32) -> u32 {', '    60 - now % 60', '}' }
vim.fn.writefile(FERRY, workspace .. '/src/ferry.rs')
local lines = vim.fn.readfile(lib)
lines[#lines + 1] = 'pub mod ferry;'
vim.fn.writefile(lines, lib)
git('add', '.')
git('commit', '-q', '-m', 'ferries')
git('switch', '-q', 'main')

P.lua(
  [[
  local longsight, file = ...
  vim.o.autoread = true
  vim.g.longsight = { cmd = { longsight, 'serve' } }
  vim.lsp.enable('longsight')
  vim.cmd.edit(file)
  vim.bo.filetype = 'rust']],
  longsight,
  lib
)
P.check('attached', P.until_lua(10000, "local c = vim.lsp.get_clients({ name = 'longsight' })[1]; return c and c.initialized and c.id or nil"))

--- Paths and lines of what a request for the context of a question names.
local function shown(question)
  return P.lua(
    [[
    local client = vim.lsp.get_clients({ name = 'longsight' })[1]
    local params = { command = 'longsight.contextPreview', arguments = { { question = ... } } }
    local answer = client:request_sync('workspace/executeCommand', params, 30000, 0)
    local found = {}
    for _, part in ipairs(answer and answer.result and answer.result.parts or {}) do
      found[#found + 1] = part.path
    end
    return found]],
    question
  )
end
local QUESTION = 'where is ferry_timetable?'

local before = shown('where is the text of a document kept?')
P.check('the repository is known', #before > 0, before)
P.check('the other branch is not', not vim.list_contains(shown(QUESTION), 'src/ferry.rs'))

-- An edit, saved: what it says is known at once.
P.lua("vim.api.nvim_buf_set_lines(0, -1, -1, false, { '', '/// Sails the boat.', 'pub fn hoist_the_mizzen() {}' })")
P.check('what is being written is known', P.wait(10000, function()
  return vim.list_contains(shown('where is hoist_the_mizzen?'), 'src/lib.rs')
end))
P.lua('vim.cmd.write()')
git('commit', '-q', '-a', '-m', 'mizzen')

git('switch', '-q', 'ferries')
P.lua('vim.cmd.checktime()')
P.check('the open buffer follows the branch', P.until_lua(5000, "return vim.api.nvim_buf_get_lines(0, -2, -1, false)[1] == 'pub mod ferry;' or nil"), P.lines())
P.check('the new branch is known', P.wait(20000, function()
  return vim.list_contains(shown(QUESTION), 'src/ferry.rs')
end), shown(QUESTION))
P.check('and what only the old one had is not', P.wait(10000, function()
  return not P.lua([[
    local client = vim.lsp.get_clients({ name = 'longsight' })[1]
    local params = { command = 'longsight.contextPreview', arguments = { { question = 'where is hoist_the_mizzen?' } } }
    local answer = client:request_sync('workspace/executeCommand', params, 30000, 0)
    return answer.result.prompt:find('fn hoist_the_mizzen', 1, true) ~= nil]])
end))

P.lua("vim.fn.setqflist({}); vim.cmd('Longsight ask " .. QUESTION .. "')")
local there = "for index, item in ipairs(vim.fn.getqflist()) do if vim.api.nvim_buf_get_name(item.bufnr):find('src/ferry.rs', 1, true) then return index end end return nil"
local number = P.until_lua(MODEL, there)
P.check('the answer names a place of the new branch', number, P.lua('return vim.fn.getqflist()'))
P.type('q')
P.wait(3000, function()
  return P.float() == nil
end)
P.lua("vim.cmd('silent! cc ' .. ...)", number or 1)
local at = P.lua('return { vim.api.nvim_buf_get_name(0), vim.api.nvim_win_get_cursor(0)[1] }')
P.check('a jump to it', at[1]:find('src/ferry.rs', 1, true) and at[2] <= #FERRY, at)

P.lua('vim.cmd.bdelete({ bang = true }); vim.cmd.edit(...)', lib)
git('switch', '-q', 'main')
P.lua('vim.cmd.checktime()')
P.check('back on the first branch', P.wait(20000, function()
  return not vim.list_contains(shown(QUESTION), 'src/ferry.rs') and vim.list_contains(shown('where is hoist_the_mizzen?'), 'src/lib.rs')
end), shown(QUESTION))

P.finish()
