-- The plugin with the real server and the real default model: attach, ghost text seen and accepted, a code action applied, an
-- explanation with a jump, an answer with places, a stale edit, a wrong configuration, health, engine and server killed and back, undo, restart. Says nothing about what the model writes.
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
-- An edit may take a question and a repair, and gives up by itself before this.
local EDIT = 2 * MODEL

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

-- Keys faster than answers: whatever was overtaken leaves no trace.
P.cursor(8, 3)
P.type('A')
for letter in ('let x = a'):gmatch('.') do
  P.type(letter)
  vim.uv.sleep(15)
end
P.check('typed as it was typed', P.wait(5000, function()
  return P.line() == '    let x = a'
end), P.line())
P.type('<Esc>')
P.lua('vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)', SOURCE)

P.cursor(8, 3)
P.type('A')
local ghost = P.wait(MODEL, P.ghost)
P.check('ghost text', ghost)
local before = P.lines()
P.lua("require('longsight').accept('word')")
P.check('a word', ghost and P.wait(5000, function()
  local line = P.line()
  return #line > #before[8] and vim.startswith(before[8] .. ghost, line)
end), { ghost, P.line() })
local rest = P.wait(MODEL, P.ghost)
P.check('the rest of it stays', not rest or vim.startswith(before[8] .. ghost, P.line() .. vim.split(rest, '\n')[1]) or #P.line() >= #before[8] + #ghost, { ghost, P.line(), rest })
if rest then
  local partly = P.lines()
  P.type('<Tab>')
  P.check('accepted', P.wait(5000, function()
    return not vim.deep_equal(P.lines(), partly)
  end), P.lines())
end
local after = P.lines()
P.check('the text around is untouched', vim.deep_equal({ unpack(after, 1, 7) }, { unpack(SOURCE, 1, 7) }) and after[#after] == '}', after)
P.type('<Esc>')
-- What was typed, the word and the rest are a step each.
P.check('undo takes it back', P.wait(5000, function()
  P.type('u')
  vim.uv.sleep(50)
  return vim.deep_equal(P.lines(), SOURCE)
end), P.lines())

P.lua('vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)', SOURCE)
P.lua("vim.cmd('1,4Longsight explain')")
local function finished()
  local _, title = P.float()
  return title and title:match('explain %- .- s')
end
P.check('the text comes while the model writes', P.wait(MODEL, function()
  local text = P.float()
  return text and text ~= '' and not finished()
end), P.float())
P.check('explained', P.wait(MODEL, finished) and not P.float():find('Failed', 1, true), P.float())
P.check('a jump to a place that it names', P.until_lua(2000, [[
  if vim.fn.search([=[src/lib\.rs:\d]=], 'w') == 0 then
    return nil
  end
  vim.api.nvim_input('<CR>')
  return true]]) and P.until_lua(3000, "return vim.api.nvim_win_get_config(0).relative == '' and vim.api.nvim_buf_get_name(0):find('src/lib.rs', 1, true) or nil"), P.float())

P.lua("vim.fn.setqflist({}); vim.cmd('Longsight ask where is multiply?')")
P.check('ask fills the quickfix list', P.until_lua(MODEL, [[
  local list = vim.fn.getqflist()
  return #list > 0 and list[1].bufnr > 0 and list[1].lnum > 0 or nil]]), P.float())
P.type('q')
P.wait(2000, function()
  return P.float() == nil
end)

-- The menu comes from memory, the edit from the model. A small model's edit may be refused, which must be said; and an edit takes a
-- while, which must be seen.
local function act(kind)
  P.cursor(3, 4)
  P.lua(
    [[
    local kind = ...
    Said, Menu = nil, nil
    vim.notify = function(message)
      Said = message
    end
    vim.ui.select = function(items, options, choose)
      Menu = items
      for index, item in ipairs(items) do
        if (item.action.kind or ''):find(kind, 1, true) then
          choose(item, index)
          return
        end
      end
      choose(nil)
    end
    vim.lsp.buf.code_action()]],
    kind
  )
  P.check('code actions', P.until_lua(5000, 'return Menu and #Menu > 0 or nil'))
end
local function refused()
  return P.lua('return type(Said) == "string" and #Said > 20 and Said or false')
end
act('document')
P.check('progress is shown', P.until_lua(EDIT, "return require('longsight').statusline():match('^longsight: .+') or Said"))
P.check('applied, or refused with a reason', P.wait(EDIT, function()
  return not vim.deep_equal(P.lines(), SOURCE) or refused()
end), P.lines())
P.lua('vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)', SOURCE)

-- A text that changes under an edit: the edit never lands on it.
act('document')
P.lua('vim.api.nvim_buf_set_lines(0, 0, 4, false, ...)', { '/// Mine.', 'pub fn mine() -> i32 {', '    7', '}' })
local mine = P.lines()
P.check('a stale edit is refused with a reason', P.wait(EDIT, refused) and vim.deep_equal(P.lines(), mine), { P.lines(), refused() })
P.lua('vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)', SOURCE)

-- The engine process is killed; the next suggestion works.
P.lua([[
  local cache = 'XDG_CACHE_HOME=' .. vim.env.XDG_CACHE_HOME
  local function read(path)
    local file = io.open(path, 'rb')
    local text = file and file:read('*a') or ''
    return file and file:close() and text or ''
  end
  for name in vim.fs.dir('/proc') do
    local mine = tonumber(name) and read('/proc/' .. name .. '/environ'):find(cache, 1, true)
    if mine and read('/proc/' .. name .. '/cmdline'):find('%zengine%z') then
      vim.uv.kill(tonumber(name), 'sigkill')
      Killed = true
    end
  end]])
P.check('there was an engine to kill', P.lua('return Killed == true'))
P.cursor(8, 3)
P.type('A ')
P.type('<BS>')
P.check('ghost text after the engine was killed', P.wait(MODEL, P.ghost) or P.wait(MODEL, function()
  P.type(' <BS>')
  vim.uv.sleep(3000)
  return P.ghost()
end))
P.type('<Esc>')

-- A wrong configuration is said once, and the server goes on.
P.lua([[
  Said = nil
  local folder = vim.env.XDG_CONFIG_HOME .. '/longsight'
  vim.fn.mkdir(folder, 'p')
  vim.fn.writefile({ '[completion]', 'automatik = true' }, folder .. '/config.toml')]])
P.check('a wrong configuration is said', P.until_lua(10000, "return Said and Said:find('automatik', 1, true) and Said"), P.lua('return Said'))
P.lua("vim.fn.delete(vim.env.XDG_CONFIG_HOME .. '/longsight/config.toml')")
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
first = P.lua("return vim.lsp.get_clients({ name = 'longsight' })[1].id")
P.lua("vim.cmd('Longsight restart')")
P.check('restarted by hand', P.until_lua(
  10000,
  "local c = vim.lsp.get_clients({ name = 'longsight' })[1]; return c and c.id ~= ... and c.initialized and next(c.attached_buffers) ~= nil or nil",
  first
))
P.lua("vim.lsp.stop_client(vim.lsp.get_clients({ name = 'longsight' }))")
P.finish()
