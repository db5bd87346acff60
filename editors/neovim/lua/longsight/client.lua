-- The language client: how it starts, what happens when a buffer is attached, how it comes back after a crash.

local M = {}

--- Times of restarts, per root: after three within a minute the server stays down.
local restarts = {}

--- Work in progress, by client and token.
---@type table<integer, table<string|integer, string>>
local work = {}

---@return vim.lsp.Config
function M.config()
  return {
    cmd = require('longsight').options().cmd,
    root_dir = function(buffer, start)
      -- A buffer without a file has no repository; a file outside of one is its own folder's.
      local file = vim.api.nvim_buf_get_name(buffer)
      if file == '' or file:find('^%a[%w+.-]*://') then
        return
      end
      local project, folder = vim.fs.root(buffer, { '.longsight.toml', '.git' }), vim.fs.dirname(file)
      -- The home folder, and what it lies in, are nobody's project: a file right in them is seen alone.
      local home, real = vim.uv.fs_realpath(vim.uv.os_homedir() or ''), vim.uv.fs_realpath(folder)
      local broad = home and real and (real == '/' or vim.startswith(home .. '/', real .. '/'))
      start(project or not broad and folder or nil)
    end,
    init_options = { streaming = true, reviews = true },
    -- 0.11 does not know inline completion; the server is asked for it all the same.
    capabilities = { textDocument = { inlineCompletion = { dynamicRegistration = false } } },
    handlers = {
      ['longsight/stream'] = function(_, params)
        require('longsight.answer').stream(params)
      end,
      ['longsight/hunks'] = function(_, params, context)
        require('longsight.hunks').show(params, context.client_id)
      end,
      -- The stock handler adds a line break to each message, and with it a prompt to press Enter.
      ['window/showMessage'] = function(_, params)
        local levels = { vim.log.levels.ERROR, vim.log.levels.WARN }
        local text = vim.startswith(params.message, 'longsight') and params.message or 'longsight: ' .. params.message
        vim.notify(text, levels[params.type] or vim.log.levels.INFO)
      end,
      ['$/progress'] = function(error, params, context)
        M.progress(params, context)
        return vim.lsp.handlers['$/progress'](error, params, context)
      end,
    },
    on_exit = function(code, signal, id)
      work[id] = nil
      vim.schedule(function()
        require('longsight.hunks').forget(id)
        M.abandon(id)
        M.exited(code, signal, id)
      end)
    end,
  }
end

--- The client that was asked for last.
---@type integer?
local last

--- The client of this buffer, or a message for the user.
---@return vim.lsp.Client?
function M.get()
  local client = vim.lsp.get_clients({ name = 'longsight', bufnr = 0 })[1]
  if not client then
    vim.notify('longsight is not attached here; see :checkhealth longsight', vim.log.levels.WARN)
    return nil
  end
  last = client.id
  return client
end

--- The client of this buffer, else the one that was used last: for what needs no buffer, and is asked for in answers and lists too.
---@return vim.lsp.Client?
function M.any()
  local here = vim.lsp.get_clients({ name = 'longsight', bufnr = 0 })[1]
  local client = here or last and vim.lsp.get_client_by_id(last) or vim.lsp.get_clients({ name = 'longsight' })[1]
  if not client then
    return M.get()
  end
  last = client.id
  return client
end

--- Buffers that were attached, by client, for the way back after a crash.
local buffers = {}

---@param client vim.lsp.Client
---@param buffer integer
function M.attached(client, buffer)
  buffers[client.id] = buffers[client.id] or { config = client.config, cmd = require('longsight').options().cmd, list = {} }
  table.insert(buffers[client.id].list, buffer)
  local ghost = require('longsight.ghost')
  if require('longsight').options().ghost then
    ghost.enable(client, buffer)
  end
  require('longsight.keys').map(buffer)
  require('longsight.hunks').refresh(buffer)
end

--- Starts a server that died again, unless it dies over and over.
function M.exited(code, signal, id)
  local dead = buffers[id]
  buffers[id] = nil
  if not dead or (code == 0 and signal == 0) or vim.v.exiting ~= vim.NIL then
    return
  end
  local root = dead.config.root_dir or ''
  local now = vim.uv.now()
  local recent = vim.tbl_filter(function(time)
    return now - time < 60000
  end, restarts[root] or {})
  if #recent >= 2 then
    vim.notify('longsight stopped three times within a minute and stays off; see :Longsight log, then :Longsight restart', vim.log.levels.ERROR)
    return
  end
  restarts[root] = vim.list_extend(recent, { now })
  M.start(dead)
end

--- Starts a client for buffers that had one.
---@param dead { config: vim.lsp.ClientConfig, list: integer[] }
function M.start(dead)
  for _, buffer in ipairs(dead.list) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      vim.lsp.start(dead.config, { bufnr = buffer })
    end
  end
end

--- Stops every longsight and starts it again for the same buffers.
function M.restart()
  restarts = {}
  for _, client in ipairs(vim.lsp.get_clients({ name = 'longsight' })) do
    local dead = buffers[client.id] or { config = client.config, list = vim.tbl_keys(client.attached_buffers) }
    buffers[client.id] = nil
    client:stop()
    vim.wait(3000, function()
      return client:is_stopped()
    end, 20)
    if not client:is_stopped() then
      client:stop(true)
    end
    -- A command that was set since the start is taken up; one that `vim.lsp.config` had put in its place then stays.
    local cmd = require('longsight').options().cmd
    if dead.cmd and not vim.deep_equal(dead.cmd, cmd) then
      dead.config.cmd = cmd
    end
    M.start(dead)
  end
  if #vim.lsp.get_clients({ name = 'longsight' }) == 0 then
    vim.lsp.enable('longsight')
  end
end

--- Says on the command line what is being done, where nobody is typing. Nothing of it is kept in the messages.
local function echo(text)
  local mode = vim.api.nvim_get_mode()
  if not require('longsight').options().progress or mode.blocking or mode.mode:sub(1, 1) ~= 'n' then
    return
  end
  -- One line at most, or Neovim asks for a key.
  text = text:gsub('%s+', ' ')
  vim.api.nvim_echo({ { vim.fn.strcharpart(text, 0, math.max(vim.o.columns - 14, 10)), 'LongsightReason' } }, false, {})
end

--- Follows work-done progress, for the status line and the command line.
function M.progress(params, context)
  local value = params.value
  if type(value) ~= 'table' or not value.kind then
    return
  end
  local mine = work[context.client_id] or {}
  work[context.client_id] = mine
  if value.kind == 'end' then
    mine[params.token] = nil
    if next(mine) == nil then
      echo('')
    end
  else
    local known = mine[params.token]
    mine[params.token] = value.message or value.title or known or 'busy'
    if mine[params.token] ~= known then
      echo('longsight: ' .. mine[params.token])
    end
  end
  vim.cmd.redrawstatus()
end

--- What a client is doing, if anything: what the server reports, else a suggestion that is being written.
---@param client vim.lsp.Client
---@return string?
function M.busy(client)
  local _, message = next(work[client.id] or {})
  if message then
    return message
  end
  for _, request in pairs(client.requests) do
    if request.type == 'pending' and request.method == 'textDocument/inlineCompletion' then
      return 'a suggestion is being written'
    end
  end
end

--- Who waits for an answer, by client, with the request's number once it is known.
---@type table<integer, table<fun(error?: lsp.ResponseError, result: any), integer|true>>
local waiting = {}

local GONE = { message = 'the longsight server went away; see :Longsight log' }
local STOPPED = { code = vim.lsp.protocol.ErrorCodes.RequestCancelled, message = 'cancelled' }

--- Runs a server command. `done` is called once, also when the server goes away meanwhile.
---@param client vim.lsp.Client
---@param name string
---@param argument table
---@param done fun(error?: lsp.ResponseError|{ message: string }, result: any)
---@return integer? request
function M.execute(client, name, argument, done)
  local mine = waiting[client.id] or {}
  waiting[client.id] = mine
  mine[done] = true
  local sent, request = client:request('workspace/executeCommand', { command = name, arguments = { argument } }, function(error, result)
    if mine[done] then
      mine[done] = nil
      done(error, result)
    end
  end)
  if not sent then
    mine[done] = nil
    done(GONE)
  elseif mine[done] then
    mine[done] = request
  end
  return request
end

--- Stops a command and tells who waits for it: Neovim forgets them when the server says that it has stopped.
---@param client vim.lsp.Client
---@param request integer
function M.stop(client, request)
  client:cancel_request(request)
  local mine = waiting[client.id] or {}
  for done, of in pairs(mine) do
    if of == request then
      mine[done] = nil
      done(STOPPED)
      return
    end
  end
end

--- What a person starts and may stop: commands, and code actions whose edit is computed.
local STOPPABLE = { 'workspace/executeCommand', 'codeAction/resolve' }

--- Stops what is being worked on. How much that was.
---@return integer
function M.cancel()
  local count = 0
  for _, client in ipairs(vim.lsp.get_clients({ name = 'longsight' })) do
    for id, request in pairs(vim.deepcopy(client.requests)) do
      if request.type == 'pending' and vim.list_contains(STOPPABLE, request.method) then
        M.stop(client, id)
        count = count + 1
      end
    end
  end
  return count
end

--- Whether an error says no more than that somebody has stopped the work.
---@param error lsp.ResponseError|{ message: string }
function M.is_cancel(error)
  return error.code == vim.lsp.protocol.ErrorCodes.RequestCancelled
end

--- Tells those who wait for a server that is gone: Neovim forgets them.
---@param id integer
function M.abandon(id)
  local left = waiting[id] or {}
  waiting[id] = nil
  for done in pairs(left) do
    left[done] = nil
    done(GONE)
  end
end

return M
