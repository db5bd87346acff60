-- `:checkhealth longsight`: the editor's side here, the rest from `longsight doctor`.

local M = {}

local function binary(command)
  if vim.fn.executable(command[1]) == 0 then
    vim.health.error(('`%s` cannot be run'):format(command[1]), "install it (`make install`), or set vim.g.longsight = { cmd = { '/path/to/longsight', 'serve' } }")
    return false
  end
  local version = vim.system({ command[1], '--version' }, { text = true }):wait(5000)
  if version.code ~= 0 then
    vim.health.error(('`%s --version` failed: %s'):format(command[1], vim.trim(version.stderr or '')))
    return false
  end
  vim.health.ok(vim.trim(version.stdout) .. ' at ' .. vim.fn.exepath(command[1]))
  return true
end

-- The report is about the configuration and the folder that the server runs with.
local function doctor(command, client)
  local asked = { command[1], 'doctor', '--json' }
  for number, word in ipairs(command) do
    if word == '--config' then
      vim.list_extend(asked, { word, command[number + 1] })
    elseif vim.startswith(word, '--config=') then
      table.insert(asked, word)
    end
  end
  local started = client and client.config or vim.lsp.config.longsight or {}
  local ran = vim.system(asked, { text = true, cwd = client and client.root_dir, env = started.cmd_env }):wait(30000)
  local decoded, report = pcall(vim.json.decode, ran.stdout or '')
  if not decoded or type(report.checks) ~= 'table' then
    vim.health.warn('`longsight doctor` gave no report: ' .. vim.trim(ran.stderr or ''))
    return
  end
  local show = { ok = vim.health.ok, warning = vim.health.warn, error = vim.health.error }
  for _, check in ipairs(report.checks) do
    local text = ('%s: %s'):format(check.name, check.detail)
    local fix = type(check.fix) == 'string' and check.fix ~= '' and { check.fix } or nil
    ;(show[check.status] or vim.health.info)(text, fix)
  end
end

function M.check()
  local options = require('longsight').options()
  vim.health.start('longsight: editor')
  if vim.fn.has('nvim-0.11') == 0 then
    vim.health.error('Neovim 0.11 or newer is needed')
    return
  end
  vim.health.ok(('Neovim %s, ghost text: %s'):format(tostring(vim.version()), require('longsight.ghost').kind()))
  for _, problem in ipairs(require('longsight').problems()) do
    vim.health.warn(problem, ':help longsight-options')
  end
  local clients = vim.lsp.get_clients({ name = 'longsight' })
  if #clients == 0 then
    vim.health.warn('not attached to any buffer', "put vim.lsp.enable('longsight') into your init.lua and open a file")
  end
  for _, client in ipairs(clients) do
    vim.health.ok(('attached to %d buffer(s), root %s'):format(vim.tbl_count(client.attached_buffers), client.root_dir or 'none'))
  end
  vim.health.start('longsight: server')
  -- `vim.lsp.config('longsight', { cmd = … })` has the last word on what is started.
  local configured = (vim.lsp.config.longsight or {}).cmd
  local cmd = clients[1] and clients[1].config.cmd or configured
  cmd = type(cmd) == 'table' and cmd or options.cmd
  if binary(cmd) then
    doctor(cmd, clients[1])
  end
end

return M
