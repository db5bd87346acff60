-- The moments in which other tools insert twice (fault row L5), against a language server that is a table of answers: accepting right
-- after a key or while the next suggestion is on its way, contradiction, composed letters, CRLF, tabs, snippets, keys of one's own.
-- Run as: nvim --headless -u NONE -l typing.lua REPOSITORY LONGSIGHT [own]

local root, own = arg[1], arg[3] == 'own'
package.path = root .. '/tests/neovim/?.lua;' .. package.path
local P = require('probe')
P.start(root)
P.lua([[
  Mapped = 0
  vim.keymap.set('i', '<C-l>', function()
    Mapped = Mapped + 1
  end)]])
P.attach(root, { keys = { accept = '<Tab>', word = '<C-l>', invoke = '<C-g>' }, debounce = 20, native = not own })
P.check('kind', not own or P.lua("return require('longsight.ghost').kind()") == 'own')

--- From now on the server offers `text`, from the column where the cursor's word begins or from `column`.
local function offers(text)
  P.lua(
    [[
    local text = ...
    Server.answers['textDocument/inlineCompletion'] = function(params)
      local line, character = params.position.line, params.position.character
      local before = vim.api.nvim_buf_get_lines(0, line, line + 1, false)[1]:sub(1, character)
      local start = character - #before:match('[%w_]*$')
      local range = { start = { line = line, character = start }, ['end'] = params.position }
      return { items = { { insertText = text, range = range } } }
    end]],
    text
  )
end

local function fresh(lines)
  P.type('<Esc>')
  P.lua("Server.delays = {}; vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)", lines or { 'fn add(a: i32, b: i32) -> i32 {', '    ', '}' })
end

local function shows(what, text)
  P.check(what, P.wait(3000, function()
    return P.ghost() == text
  end), { P.ghost(), P.lines() })
end

local function becomes(what, lines)
  P.check(what, P.wait(3000, function()
    return vim.deep_equal(P.lines(), lines)
  end), P.lines())
end

--- Nothing more happens: what was there stays there for longer than any pause or answer.
local function stays(what, lines)
  vim.uv.sleep(600)
  P.check(what, vim.deep_equal(P.lines(), lines), P.lines())
end

local HEAD, END = 'fn add(a: i32, b: i32) -> i32 {', '}'

fresh()
offers('let sum = a + b;')
P.cursor(2, 4)
P.type('A')
shows('a suggestion', 'let sum = a + b;')
-- The key and the acceptance come together, before anything could be asked again.
P.type('le<Tab>')
becomes('accepted right after typing into it', { HEAD, '    let sum = a + b;', END })
stays('and nothing follows', { HEAD, '    let sum = a + b;', END })

fresh()
P.cursor(2, 4)
P.type('A')
shows('a suggestion again', 'let sum = a + b;')
P.lua("Server.answers['textDocument/inlineCompletion'] = nil")
P.type('zz')
P.check('contradicted, it is gone', P.wait(3000, function()
  return P.ghost() == nil
end), P.ghost())
P.type('<Tab>')
P.check('and is not accepted', P.wait(3000, function()
  return P.line():match('^    zz%s+$')
end), P.line())

-- What the suggestion replaces behind the cursor stays the same text when it has been typed into.
fresh({ 'fn main() {', '    add()', '}' })
P.lua([[
  Server.answers['textDocument/inlineCompletion'] = function(params)
    local at = params.position
    local behind = { line = at.line, character = at.character + 1 }
    return { items = { { insertText = 'one, two)', range = { start = at, ['end'] = behind } } } }
  end]])
P.cursor(2, 8)
P.type('i')
P.check('a suggestion up to the bracket', P.wait(3000, P.ghost), P.lines())
P.type('on<Tab>')
becomes('typed into and accepted, the bracket is there once', { 'fn main() {', '    add(one, two)', '}' })
fresh({ 'fn main() {', '    add()', '}' })
P.cursor(2, 8)
P.type('i')
P.check('a suggestion up to the bracket again', P.wait(3000, P.ghost), P.lines())
P.type('<Tab>')
becomes('accepted at once, too', { 'fn main() {', '    add(one, two)', '}' })

-- The next suggestion is on its way while the first is accepted, and its answer belongs to an older text.
fresh()
offers('let sum = a + b;')
P.cursor(2, 4)
P.type('A')
shows('the first', 'let sum = a + b;')
P.lua("Server.delays['textDocument/inlineCompletion'] = 300")
P.type('l')
vim.uv.sleep(260)
P.type('<Tab>')
becomes('accepted while the next is on its way', { HEAD, '    let sum = a + b;', END })
P.lua("Server.answers['textDocument/inlineCompletion'] = nil")
stays('the late one does nothing', { HEAD, '    let sum = a + b;', END })
P.check('and shows nothing', P.ghost() == nil, P.ghost())
P.type('<Esc>u')
becomes('one undo', { HEAD, '    l', END })

-- Letters that an input method commits at once.
fresh()
offers('合計 = a + b;')
P.cursor(2, 4)
P.type('A')
shows('composed letters are offered', '合計 = a + b;')
P.type('合')
shows('and typed through', '計 = a + b;')
P.type('<C-l>')
becomes('a word of them', { HEAD, '    合計', END })

-- Line ends of the other kind.
fresh()
offers('let sum = a + b;\r\n    sum')
P.lua("vim.bo.fileformat = 'dos'")
P.cursor(2, 4)
P.type('A')
P.wait(3000, P.ghost)
P.type('<Tab>')
becomes('no carriage returns in the text', { HEAD, '    let sum = a + b;', '    sum', END })
P.lua("vim.bo.fileformat = 'unix'")

-- A snippet: the suggestion goes into its place, Tab leaves it where nothing is offered.
fresh({ '' })
P.lua("Server.answers['textDocument/inlineCompletion'] = nil")
P.cursor(1, 0)
P.type('i')
P.lua("vim.schedule(function() vim.snippet.expand('fn ${1:name}() {\\n    ${2:body}\\n}$0') end)")
P.check('a snippet', P.until_lua(3000, 'return vim.snippet.active() or nil'))
P.type('plus')
P.check('its first place', P.wait(3000, function()
  return P.lines()[1] == 'fn plus() {'
end), P.lines())
vim.uv.sleep(300)
P.type('<Tab>')
P.check('Tab goes to the next place', P.until_lua(3000, 'return vim.api.nvim_win_get_cursor(0)[1] == 2 or nil'), P.lines())
offers('a + b')
P.type('a')
shows('a suggestion inside the snippet', ' + b')
P.type('<Tab>')
becomes('goes in once', { 'fn plus() {', '    a + b', '}' })
P.lua('vim.snippet.stop()')

-- A key that the user has mapped does what it did where there is nothing to accept.
fresh()
P.lua("Server.answers['textDocument/inlineCompletion'] = nil; Mapped = 0")
P.cursor(2, 4)
P.type('A')
vim.uv.sleep(300)
P.type('<C-l>')
P.check("the key's own map", P.until_lua(3000, 'return Mapped == 1 or nil'), P.lua('return Mapped'))

-- Asked by hand.
P.lua("Asked = Server.count('textDocument/inlineCompletion')")
P.type('<C-g>')
P.check('invoked', P.until_lua(3000, [[
  local last = Server.sent[#Server.sent]
  return last.method == 'textDocument/inlineCompletion' and last.params.context.triggerKind == 1 or nil]]), P.lua('return Server.sent[#Server.sent]'))

P.type('<Esc>')
P.lua("vim.lsp.stop_client(vim.lsp.get_clients({ name = 'longsight' }))")
P.finish()
