-- What the Neovim tests share: a second Neovim that is driven as a user drives it, and checks that are counted.
-- The tests run in `nvim -l`, which has no event loop to type into; the editor under test is its child, over RPC.

local P = { failures = 0 }

local channel

--- Starts the editor under test.
function P.start(root)
  local path = vim.v.progpath
  channel = vim.fn.jobstart({ path, '--embed', '--headless', '-u', 'NONE', '-n' }, { rpc = true })
  P.lua('vim.o.columns, vim.o.lines = 100, 30; vim.opt.runtimepath:prepend(...)', root .. '/editors/neovim')
  P.lua('vim.cmd.runtime("plugin/longsight.lua")')
end

--- Opens a Rust file whose function has no body, attached to a server that is a table of answers: the global `Server` there. Its name.
---@param options table What the user has in `vim.g.longsight`.
function P.attach(root, options)
  P.lua('dofile(...)', root .. '/tests/neovim/table_server.lua')
  local file = vim.fn.tempname() .. '.rs'
  vim.fn.mkdir(vim.fs.dirname(file), 'p')
  vim.fn.writefile({ 'fn add(a: i32, b: i32) -> i32 {', '    ', '}' }, file)
  P.lua(
    [[
    local file, options = ...
    vim.g.longsight = options
    vim.lsp.config('longsight', { cmd = Server.start })
    vim.lsp.enable('longsight')
    vim.bo.filetype = 'text'
    Unnamed = #vim.lsp.get_clients()
    vim.cmd.new(file)
    vim.bo.filetype = 'rust'
    vim.bo.expandtab, vim.bo.shiftwidth = true, 4]],
    file,
    options
  )
  local ready = "local c = vim.lsp.get_clients({ name = 'longsight' })[1]; return c and c.initialized and c.id or nil"
  P.check('attached', P.until_lua(3000, ready))
  return file
end

--- Runs Lua in the editor under test; `...` are its arguments.
function P.lua(code, ...)
  return vim.rpcrequest(channel, 'nvim_exec_lua', code, { ... })
end

--- Types keys.
function P.type(keys)
  vim.rpcrequest(channel, 'nvim_input', keys)
end

--- Puts the cursor (1-based line, byte column), in normal mode.
function P.cursor(line, column)
  P.type('<Esc>')
  P.lua('vim.api.nvim_win_set_cursor(0, { ... })', line, column)
end

function P.lines()
  return P.lua('return vim.api.nvim_buf_get_lines(0, 0, -1, false)')
end

function P.line()
  return P.lua('return vim.api.nvim_get_current_line()')
end

--- Reports one check.
function P.check(name, ok, detail)
  if not ok then
    P.failures = P.failures + 1
  end
  io.write(('%s %s%s\n'):format(ok and 'ok' or 'FAILED', name, ok and '' or ': ' .. vim.inspect(detail)))
  io.flush()
end

--- Waits until `probe()` gives something true, and yields it.
function P.wait(milliseconds, probe)
  local deadline = vim.uv.now() + milliseconds
  while true do
    local found = probe()
    if found then
      return found
    end
    vim.uv.update_time()
    if vim.uv.now() > deadline then
      return nil
    end
    vim.uv.sleep(20)
  end
end

--- Waits until Lua in the editor under test yields something true.
function P.until_lua(milliseconds, code, ...)
  local arguments = { ... }
  return P.wait(milliseconds, function()
    local found = P.lua(code, unpack(arguments))
    return found ~= vim.NIL and found or nil
  end)
end

--- The ghost text on the screen: first line and lines below, joined; nil when there is none.
function P.ghost()
  local text = P.lua([[
    local spaces = vim.api.nvim_get_namespaces()
    for _, name in ipairs({ 'longsight.ghost', 'nvim.lsp.inline_completion' }) do
      local marks = spaces[name] and vim.api.nvim_buf_get_extmarks(0, spaces[name], 0, -1, { details = true }) or {}
      for _, mark in ipairs(marks) do
        local lines = { mark[4].virt_text and mark[4].virt_text[1][1] or '' }
        for _, line in ipairs(mark[4].virt_lines or {}) do
          lines[#lines + 1] = line[1][1]
        end
        return table.concat(lines, '\n')
      end
    end]])
  return text ~= vim.NIL and text or nil
end

--- The floating window's text and title; nil when there is none.
function P.float()
  local found = P.lua([[
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      local config = vim.api.nvim_win_get_config(window)
      if config.relative ~= '' then
        local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
        return { table.concat(lines, '\n'), config.title and config.title[1][1] or '' }
      end
    end]])
  if found ~= vim.NIL then
    return found[1], found[2]
  end
end

function P.finish()
  vim.fn.jobstop(channel)
  io.write(('%d failed\n'):format(P.failures))
  os.exit(P.failures == 0 and 0 or 1)
end

return P
