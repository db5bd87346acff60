-- The plugin against a language server that is a table of answers: what is drawn, accepted, shown, sent.
-- Run as: nvim --headless -u NONE -l plugin.lua REPOSITORY

local root = arg[1]
package.path = root .. '/tests/neovim/?.lua;' .. package.path
local P = require('probe')
P.start(root)
local file = P.attach(root, { keys = { accept = '<Tab>' }, debounce = 20 })

local function attached()
  P.check('not to a buffer without a file', P.lua('return Unnamed') == 0)
  local first = P.lua('return Server.sent[1].params')
  P.check('streaming is asked for', vim.tbl_get(first, 'initializationOptions', 'streaming') == true, first.initializationOptions)
  P.check('inline completion is known', vim.tbl_get(first, 'capabilities', 'textDocument', 'inlineCompletion') ~= nil)
end

local function asked()
  return P.lua("return Server.count('textDocument/inlineCompletion')")
end

local function ghost_is(text)
  return P.wait(3000, function()
    return P.ghost() == text
  end)
end

local function line_is(text)
  return P.wait(3000, function()
    return P.line() == text
  end)
end

local function ghost_text()
  P.lua([[
    Server.answers['textDocument/inlineCompletion'] = function(params)
      local line = params.position.line
      local range = { start = { line = line, character = 4 }, ['end'] = params.position }
      return { items = { { insertText = 'let é = a + b;\n    é', range = range } } }
    end]])
  P.cursor(2, 4)
  P.type('A')
  P.check('ghost text', ghost_is('let é = a + b;\n    é'), P.ghost())
  local before = asked()
  P.type('l')
  P.check('typing through it', ghost_is('et é = a + b;\n    é'), P.ghost())
  if P.lua("return require('longsight.ghost').kind()") == 'own' then
    P.check('without a question', asked() == before)
  end
  P.lua("require('longsight').accept('word')")
  P.check('accept a word', line_is('    let'), P.line())
  P.check('the rest stays', ghost_is(' é = a + b;\n    é'), P.ghost())
  P.lua("require('longsight').accept('line')")
  P.check('accept a line', line_is('    let é = a + b;'), P.line())
  P.type('<Esc>')
  P.check('gone after insert mode', ghost_is(nil), P.ghost())
  -- CTRL-C leaves insert mode without the event, `:edit` leaves the buffer.
  for what, leave in pairs({
    ['gone after CTRL-C'] = function()
      P.type('<C-c>')
    end,
    ['gone after another buffer was edited'] = function()
      P.lua("Before = vim.api.nvim_get_current_buf(); vim.bo.bufhidden = 'hide'; vim.cmd('enew')")
      P.type('<Esc>')
      P.lua('vim.cmd.buffer(Before)')
    end,
  }) do
    P.lua("vim.api.nvim_buf_set_lines(0, 1, -1, false, { '    ', '}' })")
    P.cursor(2, 4)
    P.type('A')
    P.check('a suggestion', ghost_is('let é = a + b;\n    é'), P.ghost())
    leave()
    P.check(what, ghost_is(nil), P.ghost())
    P.type('<Esc>')
  end

  P.lua("vim.api.nvim_buf_set_lines(0, 1, -1, false, { '    ', '}' })")
  P.cursor(2, 4)
  P.type('A')
  P.check('shown again', ghost_is('let é = a + b;\n    é'), P.ghost())
  P.type('<Tab>')
  P.check('the key accepts all', line_is('    é'), P.lines())
  P.check('cursor behind it', vim.deep_equal(P.lua('return vim.api.nvim_win_get_cursor(0)'), { 3, 6 }))
  P.type('<Esc>')
  local expected = { 'fn add(a: i32, b: i32) -> i32 {', '    let é = a + b;', '    é', '}' }
  P.check('nothing twice', vim.deep_equal(P.lines(), expected), P.lines())
  P.type('u')
  P.check('one undo', P.wait(2000, function()
    return vim.deep_equal(P.lines(), { expected[1], '    ', '}' })
  end), P.lines())
end

local function no_suggestion()
  P.lua("Server.answers['textDocument/inlineCompletion'] = nil; vim.api.nvim_buf_set_lines(0, 1, -1, false, { 'x', '}' })")
  P.cursor(2, 0)
  local before = asked()
  P.type('A')
  P.wait(2000, function()
    return asked() > before
  end)
  P.type('<Tab>')
  P.check('the key does what it did', P.wait(2000, function()
    return P.line():match('^x%s+$')
  end), P.line())
  P.type('<Esc>')
end

local function close()
  P.type('q')
  P.check('q closes it', P.wait(2000, function()
    return P.float() == nil
  end))
end

local function answers()
  P.lua(
    [[
    local place = { start = { line = 0, character = 3 }, ['end'] = { line = 0, character = 6 } }
    local uri = vim.uri_from_fname(...)
    Server.answers['workspace/executeCommand'] = function(params)
      Server.argument = params.arguments[1]
      for _, part in ipairs({ 'It **ad', 'ds**.\nSee ' }) do
        Server.notify('longsight/stream', { token = Server.argument.streamToken, seq = 1, kind = 'text', delta = part })
      end
      vim.schedule(function()
        local window = vim.api.nvim_get_current_win()
        Server.streamed = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '|')
      end)
      return {
        text = 'It **adds**.\nSee src/lib.rs:1.',
        citations = { { path = 'src/lib.rs', line = 1, verified = false } },
        route = { role = 'scout', engine = 'local' },
        timing = { total_ms = 1500 },
        locations = { { uri = uri, range = place } },
      }
    end]],
    file
  )
  P.lua("vim.cmd('1,2Longsight explain')")
  P.check('the window fills', P.wait(3000, function()
    return P.float() == 'It **adds**.\nSee src/lib.rs:1.'
  end), P.float())
  local _, title = P.float()
  P.check('who answered', title:find('scout (local), 1.5 s, 1 place(s) could not be verified', 1, true), title)
  local range = P.lua('return Server.argument.range')
  local expected = { start = { line = 0, character = 0 }, ['end'] = { line = 1, character = 8 } }
  P.check('the range', vim.deep_equal(range, expected), range)
  close()

  P.lua("vim.cmd('Longsight ask where is add?')")
  P.check('quickfix', P.until_lua(3000, 'local list = vim.fn.getqflist(); return #list == 1 and list[1].lnum == 1'))
  P.check('the question', P.lua('return Server.argument.question') == 'where is add?')
  -- The window of an answer and the list of places have no server of their own.
  P.lua("vim.cmd('Longsight ask and from the answer?')")
  P.check('a question from an answer', P.until_lua(3000, "return Server.argument.question == 'and from the answer?' or nil"))
  P.type('q')
  close()
  P.lua("vim.cmd('copen'); vim.cmd('Longsight ask and from the list?')")
  P.check('a question from the list', P.until_lua(3000, "return Server.argument.question == 'and from the list?' or nil"))
  close()
  P.lua("vim.cmd('cclose')")
end

local function edits()
  P.lua([[
    vim.notify = function(message)
      Said = message
    end
    Server.answers['workspace/executeCommand'] = function(params)
      Server.argument = params.arguments[1]
      local route = { role = 'coder', engine = 'local' }
      return { route = route, edits = { {} }, applied = not Server.argument.review, hunks = Server.argument.review and { 1, 2 } or nil }
    end]])
  P.lua("vim.cmd('1,3Longsight edit name it sum')")
  P.check('edit', P.until_lua(3000, "return Said == 'longsight: coder (local) changed 1 file(s)' or nil"), P.lua('return Said'))
  P.check('the instruction', P.lua('return Server.argument.instruction') == 'name it sum')
  P.lua("vim.cmd('Longsight review name it sum')")
  P.check('review', P.until_lua(3000, "return Said:find('proposes 2 change(s)', 1, true)"), P.lua('return Said'))
  P.lua("vim.o.columns = 80; Said = ''; vim.cmd('Longsight review name it sum')")
  P.check('review in a narrow window', P.until_lua(3000, "return Said ~= '' or nil"))
  P.check('without a prompt to press Enter', P.lua('return vim.api.nvim_strwidth(Said) <= vim.v.echospace'), P.lua('return Said'))
  P.lua('vim.o.columns = 100')
  P.lua("Said, Server.argument = '', nil; vim.bo.modifiable = false; vim.cmd('Longsight edit name it sum'); vim.bo.modifiable = true")
  P.check('a buffer that cannot be changed', P.lua('return Said:find("not modifiable", 1, true) ~= nil and Server.argument == nil'), P.lua('return Said'))
end

--- A question that is not answered: the text must show while it comes, and closing the window must cancel it.
local function streaming()
  P.lua([[
    local start = vim.lsp.get_clients({ name = 'longsight' })[1].rpc.request
    vim.lsp.get_clients({ name = 'longsight' })[1].rpc.request = function(method, params, ...)
      if method == 'workspace/executeCommand' then
        Server.argument = params.arguments[1]
        Id = (Id or 4710) + 1
        return true, Id
      end
      return start(method, params, ...)
    end
    vim.cmd('Longsight explain')
    Server.notify('longsight/stream', { token = Server.argument.streamToken, seq = 0, kind = 'progress', delta = 'reading the prompt' })
    Doing = vim.api.nvim_win_get_config(0).title[1][1]
    -- What another model wrote before it handed the question on.
    Server.notify('longsight/stream', { token = Server.argument.streamToken, seq = 1, kind = 'text', delta = 'It sub\ntracts' })
    Server.notify('longsight/stream', { token = Server.argument.streamToken, seq = 2, kind = 'restart', delta = '' })
    for _, part in ipairs({ 'It **ad', 'ds**.\nSee ' }) do
      Server.notify('longsight/stream', { token = Server.argument.streamToken, seq = 1, kind = 'text', delta = part })
    end]])
  P.check('text while it comes', P.wait(3000, function()
    return P.float() == 'It **adds**.\nSee '
  end), P.float())
  local _, title = P.float()
  P.check('the title says what is done until then', P.lua('return Doing') == ' longsight: reading the prompt ' and title == ' longsight: explain ', { P.lua('return Doing'), title })
  P.type('q')
  local function cancelled(what)
    P.check(what, P.until_lua(3000, [[
      for _, message in ipairs(Server.sent) do
        if message.method == '$/cancelRequest' and message.params.id == Id then
          Id = Id + 1
          return true
        end
      end]]))
  end
  cancelled('closing cancels')
  P.lua([[
    vim.cmd('Longsight edit name it sum')
    vim.cmd('Longsight cancel')]])
  cancelled('an edit can be cancelled')
  P.check('and says so', P.lua('return Said') == 'longsight: cancelled, nothing was changed', P.lua('return Said'))
  P.lua([[
    vim.cmd('Longsight explain')
    Server.notify('longsight/stream', { token = Server.argument.streamToken, seq = 0, kind = 'progress', delta = 'reading the prompt' })
    vim.cmd('Longsight cancel')]])
  cancelled('an answer can be cancelled')
  local text, last = P.float()
  P.check('and its window says so', text == '**Cancelled**' and last == ' longsight: explain ', { text, last })
  close()
  P.lua("Said = ''; require('longsight.client').abandon(vim.lsp.get_clients({ name = 'longsight' })[1].id)")
  P.check('nobody waits for what was cancelled', P.lua('return Said') == '', P.lua('return Said'))
end

local function hunks()
  P.lua([[
    vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'one', 'two', 'three', 'four' })
    Server.answers['workspace/executeCommand'] = function(params)
      Server.ran = params
    end
    local function hunk(id, first, last, old, new)
      local range = { start = { line = first, character = 0 }, ['end'] = { line = last, character = 0 } }
      return { id = id, range = range, old = old, new = new, title = 'number them', reason = 'reason ' .. id }
    end
    local list = { hunk(7, 0, 1, 'one\n', '1\n'), hunk(8, 2, 2, '', 'more\n'), hunk(9, 3, 4, 'four\n', '') }
    -- However the name is encoded.
    Server.notify('longsight/hunks', { uri = vim.uri_from_bufnr(0):gsub('rs$', '%%72%%73'), hunks = list })]])
  local function drawn()
    return P.lua([[
      local marks = vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces()['longsight.hunks'], 0, -1, { details = true })
      local found = {}
      for _, mark in ipairs(marks) do
        for _, line in ipairs(mark[4].virt_lines or {}) do
          found[#found + 1] = mark[2] .. ':' .. line[1][1]
        end
        if mark[4].sign_text then
          found[#found + 1] = mark[2] .. vim.trim(mark[4].sign_text)
        end
      end
      return found]])
  end
  local expected = { '0~', '0:1', '0:  reason 7', '2+', '2:more', '2:  reason 8', '3~', '3:  reason 9' }
  P.check('hunks are drawn', P.wait(3000, function()
    return vim.deep_equal(drawn(), expected)
  end), drawn())
  local function ran(what, command, argument)
    P.check(what, P.wait(3000, function()
      local found = P.lua('return Server.ran')
      return found ~= vim.NIL and found.command == command and vim.deep_equal(found.arguments, { argument })
    end), P.lua('return Server.ran'))
  end
  P.cursor(4, 0)
  P.lua("vim.cmd('Longsight accept')")
  ran('the nearest hunk is accepted', 'longsight.acceptHunk', { id = 9 })
  P.lua("vim.cmd('Longsight next')")
  P.check('next goes round', P.lua('return vim.api.nvim_win_get_cursor(0)[1]') == 1)
  P.lua("vim.cmd('Longsight reject')")
  ran('the nearest hunk is rejected', 'longsight.rejectHunk', { id = 7 })
  P.lua("vim.cmd('Longsight accept all')")
  ran('all are accepted', 'longsight.acceptHunk', { all = true })
  P.lua("Server.notify('longsight/hunks', { uri = vim.uri_from_bufnr(0), hunks = {} }); Said = nil")
  P.check('and gone', P.wait(3000, function()
    return vim.deep_equal(drawn(), {})
  end), drawn())
  P.lua("vim.cmd('Longsight accept')")
  P.check('nothing waits', P.lua('return Said') == 'longsight: no change waits for review', P.lua('return Said'))
  -- From file to file, to each of them, and back to the first.
  local seen = P.lua([[
    local first, folder, names = vim.api.nvim_get_current_buf(), vim.fn.tempname(), { 'a.txt', 'b.txt', 'c.txt' }
    vim.fn.mkdir(folder, 'p')
    local function say(hunks)
      for _, name in ipairs(names) do
        require('longsight.hunks').show({ uri = vim.uri_from_fname(folder .. '/' .. name), hunks = hunks }, 1)
      end
    end
    local range = { start = { line = 0, character = 0 }, ['end'] = { line = 1, character = 0 } }
    for _, name in ipairs(names) do
      vim.fn.writefile({ 'one', 'two' }, folder .. '/' .. name)
    end
    say({ { id = 1, range = range, old = 'one\n', new = '1\n', title = 'number them', reason = '' } })
    vim.cmd.edit(folder .. '/a.txt')
    local seen = {}
    for step = 1, 4 do
      vim.cmd('Longsight next')
      seen[step] = vim.fs.basename(vim.api.nvim_buf_get_name(0))
    end
    say({})
    vim.cmd.buffer(first)
    return table.concat(seen, ' ')]])
  P.check('next comes to every file', seen == 'b.txt c.txt a.txt b.txt', seen)
end

--- A refused edit is shown, and what is being done is said meanwhile.
local function refused()
  P.lua([[
    Said = nil
    Server.answers['textDocument/codeAction'] = function()
      return { { title = 'Document', kind = 'refactor.rewrite.longsight.document', data = { x = 1 } } }
    end
    Server.fails['codeAction/resolve'] = { code = -32803, message = 'no edit came of it: the answer calls nothing' }
    local token = 'longsight/9'
    Server.notify('$/progress', { token = token, value = { kind = 'begin', title = 'Document `add`' } })
    Server.notify('$/progress', { token = token, value = { kind = 'report', message = 'documenting src/lib.rs:1, step 1' } })]])
  P.check('progress in the status line', P.until_lua(3000, "return require('longsight').statusline():find('documenting src', 1, true)"))
  P.lua("Server.notify('$/progress', { token = 'longsight/9', value = { kind = 'end' } })")
  P.check('and gone', P.until_lua(3000, "return require('longsight').statusline() == 'longsight' or nil"))
  P.lua("vim.lsp.buf.code_action({ apply = true })")
  P.check('a refused edit is shown', P.until_lua(3000, "return Said and Said:find('the answer calls nothing', 1, true)"), P.lua('return Said'))
end

--- `:Longsight status` in words, and the status line while a suggestion is being written.
local function status()
  P.lua([[
    Server.answers['workspace/executeCommand'] = function()
      return {
        version = '1.2.3', roots = { 'file:///w' }, trust = { trusted = true, reason = 'trusted' }, local_only = true, pending = {},
        engines = { { name = 'local', model = 'small', roles = { 'scout' }, remote = false, problem = 'no such file' } },
        nothing = { { uri = vim.uri_from_bufnr(0), reason = 'git ignores it' } },
        decisions = {
          { task = 'complete_auto', role = 'scout', engine = 'local', model = 'small', reason = 'as ever', timing = { total_ms = 1500 } },
          { task = 'ask', role = 'scout', engine = 'local', model = 'small', reason = 'as ever', timing = { total_ms = 0 }, failed = 'it is down' },
        },
      }
    end
    vim.cmd('Longsight status')]])
  local text = P.wait(3000, P.float) or ''
  for _, part in ipairs({ 'longsight 1.2.3', 'plays scout', 'problem: no such file', 'suggested here: git ignores it', 'complete auto: scout (small) in 1.5 s, as ever', 'ask: scout (small) failed: it is down' }) do
    P.check('the status says: ' .. part, text:find(part, 1, true), text)
  end
  P.type('<Esc>')
  P.lua("Server.delays['textDocument/inlineCompletion'] = 600; vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'x', '' })")
  P.cursor(1, 0)
  P.type('Ay')
  P.check('a suggestion is being written', P.until_lua(3000, "return require('longsight').statusline():find('being written', 1, true)"))
  P.check('and then not', P.until_lua(3000, "return require('longsight').statusline() == 'longsight' or nil"), P.lua("return require('longsight').statusline()"))
  P.type('<Esc>')
  P.lua('Server.delays = {}')
end

local function health_and_help()
  P.lua("vim.g.longsight = { keys = {}, debouce = 3, cmd = { '/nonexistent/longsight' } }")
  P.check('a wrong option is named', P.lua("return require('longsight').problems()[1]"):find('debouce', 1, true))
  P.lua("vim.cmd('checkhealth longsight')")
  local health = table.concat(P.lines(), '\n')
  P.check('health', health:find('cannot be run', 1, true) and health:find('attached to 1 buffer', 1, true), health)
  local copy = vim.fn.tempname()
  vim.fn.mkdir(copy, 'p')
  vim.fn.system({ 'cp', '-r', root .. '/editors/neovim/doc', copy })
  P.lua("vim.opt.runtimepath:append(...); vim.cmd.helptags((...) .. '/doc')", copy)
  P.check('help', P.lua("return (pcall(vim.cmd.help, 'longsight-maps'))"))
end

--- `:Longsight restart` keeps the command that `vim.lsp.config` has set, and takes up one that the options have got since.
local function restart()
  local function another(id)
    return P.until_lua(5000, [[
      local again = vim.lsp.get_clients({ name = 'longsight' })[1]
      return again and again.id ~= ... and again.initialized and next(again.attached_buffers) ~= nil and again.id or nil]], id)
  end
  local first = P.lua("return vim.lsp.get_clients({ name = 'longsight' })[1].id")
  P.lua("vim.cmd('Longsight restart')")
  local second = another(first)
  P.check('restarted with the command of vim.lsp.config', second and P.lua("return vim.lsp.get_clients({ name = 'longsight' })[1].config.cmd == Server.start"))
  P.lua("Options = vim.g.longsight; vim.g.longsight = vim.tbl_extend('force', Options, { cmd = { '/nonexistent/longsight' } }); pcall(vim.cmd, 'Longsight restart')")
  P.check('a command that was set since is taken up', P.until_lua(5000, "return type(Said) == 'string' and Said:find('/nonexistent/longsight', 1, true) or nil"), P.lua('return Said'))
  P.lua("vim.g.longsight = Options; vim.cmd('Longsight restart')")
  P.check('and a restart once it is put right', another(second))
end

--- Places that were checked are jumped to whatever signs their names have, and to their own line.
local function odd_places()
  local other = vim.fs.joinpath(vim.fs.dirname(file), 'no de[1].rs')
  vim.fn.writefile(vim.fn['repeat']({ 'x' }, 20), other)
  P.lua([[
    Server.answers['workspace/executeCommand'] = function()
      local function at(line)
        return { path = 'no de[1].rs', line = line, verified = true }
      end
      return { text = 'See no de[1].rs:12 and no de[1].rs:1.', citations = { at(1), at(12) } }
    end
    vim.cmd('Longsight ask where?')]])
  P.check('the answer', P.wait(3000, function()
    return P.float() == 'See no de[1].rs:12 and no de[1].rs:1.'
  end), P.float())
  P.lua('vim.api.nvim_win_set_cursor(0, { 1, 8 })')
  P.type('<CR>')
  P.check('the jump', P.until_lua(3000, "return vim.fs.basename(vim.api.nvim_buf_get_name(0)) == 'no de[1].rs' and vim.api.nvim_win_get_cursor(0)[1] == 12 or nil"), P.lua('return vim.api.nvim_buf_get_name(0)'))
  P.lua('vim.cmd.bwipeout(); vim.cmd.buffer(...)', file)
end

--- A server that goes away leaves nobody waiting, and what it has written stays readable.
local function crash()
  P.lua(
    [[
    vim.cmd.only({ bang = true })
    vim.cmd.buffer(...)
    -- Since `streaming`, no command is answered.
    vim.cmd('Longsight explain')
    Server.notify('longsight/stream', { token = Server.argument.streamToken, seq = 1, kind = 'text', delta = 'It adds' })]],
    file
  )
  P.wait(3000, function()
    return P.float() == 'It adds'
  end)
  P.lua("Old = vim.lsp.get_clients({ name = 'longsight' })[1]; Old.rpc.terminate()")
  P.check('back after a crash, with its buffer', P.until_lua(5000, [[
    local again = vim.lsp.get_clients({ name = 'longsight' })[1]
    return again and again.id ~= Old.id and next(again.attached_buffers) ~= nil or nil]]))
  P.check('who waited is told', P.wait(3000, function()
    local text = P.float() or ''
    return text:find('^%*%*Failed%*%*: the longsight server went away') and text:find('\n\nIt adds$')
  end), P.float())
  close()
end

--- A file right in the home folder made all of it the workspace.
local function home()
  local roots = P.lua([[
    local home, before = vim.fn.tempname(), vim.env.HOME
    vim.fn.mkdir(home .. '/notes', 'p')
    vim.env.HOME = home
    local function root(file)
      vim.fn.writefile({}, home .. file)
      local found
      require('longsight.client').config().root_dir(vim.fn.bufadd(home .. file), function(folder)
        found = folder and 'in ' .. vim.fs.basename(folder) or 'alone'
      end)
      return found
    end
    local roots = { root('/sums.py'), root('/notes/sums.py') }
    vim.env.HOME = before
    return roots]])
  P.check('the home folder is no root', vim.deep_equal(roots, { 'alone', 'in notes' }), roots)
end

attached()
home()
ghost_text()
no_suggestion()
answers()
edits()
hunks()
refused()
status()
odd_places()
restart()
streaming()
health_and_help()
crash()
P.finish()
