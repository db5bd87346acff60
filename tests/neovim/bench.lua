-- Keystroke to ghost text in Neovim with the real server and the default model, split into editor, server and model: the editor's share
-- is what lies around the request (its pause among it), the model's what the server's last decision says, the server's the rest.
-- Tells each round on standard error and prints one JSON object. Run as: nvim --headless -u NONE -l bench.lua REPOSITORY LONGSIGHT [own]

local root, longsight, own = arg[1], arg[2], arg[3] == 'own'
package.path = root .. '/tests/neovim/?.lua;' .. package.path
local P = require('probe')
P.start(root)

local ROUNDS, FIRST_MS, ROUND_MS = 12, 120000, 12000
--- Beginnings of functions; each round adds a number, so that nothing is answered from memory.
local NAMES = { 'difference', 'product', 'share', 'is_even' }

local workspace = vim.fn.tempname()
vim.fn.mkdir(workspace .. '/.git', 'p')
local file = workspace .. '/lib.rs'
vim.fn.writefile({ '/// The sum of two numbers.', 'pub fn add(a: u64, b: u64) -> u64 {', '    a + b', '}', '' }, file)

P.lua(
  [[
  local longsight, file, own = ...
  vim.g.longsight = { cmd = { longsight, 'serve' }, native = not own }
  vim.lsp.enable('longsight')
  vim.cmd.edit(file)
  vim.bo.filetype = 'rust'
  vim.o.hlsearch = false
  vim.on_key(function()
    Pressed = vim.uv.hrtime()
  end)
  -- Both kinds of ghost text ask through the client and draw before its handler returns.
  function Watch(client)
    local request = client.request
    client.request = function(self, method, params, handler, ...)
      if method ~= 'textDocument/inlineCompletion' then
        return request(self, method, params, handler, ...)
      end
      local asked, pressed = vim.uv.hrtime(), Pressed
      return request(self, method, params, function(error, ...)
        local answered = vim.uv.hrtime()
        handler(error, ...)
        if require('longsight.ghost').visible() then
          Measured = { total = (vim.uv.hrtime() - pressed) / 1e6, request = (answered - asked) / 1e6 }
        elseif not error then
          Measured = { nothing = true }
        end
      end, ...)
    end
  end]],
  longsight,
  file,
  own
)
local ready = "local c = vim.lsp.get_clients({ name = 'longsight' })[1]; return c and c.initialized or nil"
if not P.until_lua(10000, ready) then
  error('longsight does not attach')
end
P.lua("Watch(vim.lsp.get_clients({ name = 'longsight' })[1])")

--- What the model took for the newest answer, in milliseconds, and why nothing was offered when that happened last.
---@return number, string
local function status()
  local took, why = unpack(P.lua([[
    local client = vim.lsp.get_clients({ name = 'longsight' })[1]
    local answer = client:request_sync('workspace/executeCommand', { command = 'longsight.status', arguments = { vim.empty_dict() } }, 5000, 0)
    local said = answer and answer.result or {}
    local last = (said.decisions or {})[#(said.decisions or {})] or {}
    return { last.timing and last.timing.total_ms or 0, ((said.nothing or {})[1] or {}).reason or 'no reason is known' }]]))
  return took, why
end

--- One function typed to its brace: its times, or a word on why there are none.
---@return table|string
local function once(round)
  local name = ('%s_%d'):format(NAMES[round % #NAMES + 1], round)
  P.type('<Esc>')
  P.lua('Measured = nil; vim.api.nvim_buf_set_lines(0, 5, -1, false, ...)', {
    ('pub fn %s(a: u64, b: u64) -> u64 {'):format(name), '    ', '}',
  })
  P.cursor(7, 4)
  P.type('A')
  vim.uv.sleep(20)
  P.type('a')
  local found = P.until_lua(round == 0 and FIRST_MS or ROUND_MS, 'return Measured')
  if not found then
    return ('no answer in %d s'):format((round == 0 and FIRST_MS or ROUND_MS) / 1000)
  end
  local took, why = status()
  if found.nothing then
    return 'nothing is offered: ' .. why
  end
  local taken = math.min(took, found.request)
  return { total = found.total, editor = found.total - found.request, server = found.request - taken, model = taken }
end

local function say(text, ...)
  io.stderr:write(('      ' .. text .. '\n'):format(...))
end

local rounds = {}
say('the first suggestion, which loads the model and is not counted (at most %d s)', FIRST_MS / 1000)
for round = 0, ROUNDS do
  local one = once(round)
  if type(one) == 'string' then
    say('round %d: %s', round, one)
  else
    say('round %d: %.0f ms (editor %.0f, server %.0f, model %.0f)', round, one.total, one.editor, one.server, one.model)
    if round > 0 then
      rounds[#rounds + 1] = one
    end
  end
end

local function middle(key)
  local values = vim.tbl_map(function(one)
    return one[key]
  end, rounds)
  table.sort(values)
  return math.floor((values[math.ceil(#values / 2)] or 0) + 0.5), math.floor((values[math.ceil(#values * 0.95)] or 0) + 0.5)
end
local total, worst = middle('total')
local split = {}
for _, key in ipairs({ 'editor', 'server', 'model' }) do
  split[key] = middle(key)
end
io.write(vim.json.encode({ rounds = #rounds, total_ms = total, p95_ms = worst, split_ms = split, kind = P.lua("return require('longsight.ghost').kind()") }) .. '\n')
P.lua("vim.lsp.stop_client(vim.lsp.get_clients({ name = 'longsight' }))")
os.exit(#rounds > 0 and 0 or 1)
