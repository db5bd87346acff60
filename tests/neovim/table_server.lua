-- A language server inside the editor that is a table of answers. Loaded into the editor under test as the global `Server`.

Server = { sent = {}, answers = {}, fails = {}, delays = {} }

--- How many messages of this method have come.
function Server.count(method)
  return #vim.tbl_filter(function(message)
    return message.method == method
  end, Server.sent)
end

local CAPABILITIES = {
  positionEncoding = 'utf-16',
  textDocumentSync = 2,
  inlineCompletionProvider = {},
  codeActionProvider = { resolveProvider = true },
  executeCommandProvider = { commands = {} },
}

--- What `cmd` of the client configuration is.
function Server.start(dispatchers)
  Server.notify = dispatchers.notification
  local closing, last = false, 0
  local function stop(code, signal)
    closing = true
    dispatchers.on_exit(code, signal)
  end
  return {
    request = function(method, params, callback, replied)
      last = last + 1
      local id = last
      table.insert(Server.sent, { method = method, params = params, id = last })
      local wait = Server.delays[method]
      local soon = wait and function(answer)
        vim.defer_fn(answer, wait)
      end or vim.schedule
      soon(function()
        -- As a real connection does: the request is no longer pending.
        if replied then
          replied(id)
        end
        if method == 'initialize' then
          callback(nil, { capabilities = CAPABILITIES })
          return
        end
        if Server.fails[method] then
          callback(Server.fails[method])
          return
        end
        local answer = Server.answers[method]
        callback(nil, answer and answer(params) or vim.NIL)
      end)
      return true, last
    end,
    notify = function(method, params)
      table.insert(Server.sent, { method = method, params = params })
      if method == 'exit' then
        stop(0, 0)
      end
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      stop(1, 9)
    end,
  }
end
