-- `:Longsight SUBCOMMAND`, and what each does.

local M = {}

local client_of = require('longsight.client')

--- The lines of a command's range, or the cursor, as an LSP range.
local function range_of(client, command)
  if command.range > 0 then
    local text = vim.api.nvim_buf_get_lines(0, command.line2 - 1, command.line2, false)[1] or ''
    local character = vim.str_utfindex(text, client.offset_encoding)
    return { start = { line = command.line1 - 1, character = 0 }, ['end'] = { line = command.line2 - 1, character = character } }
  end
  local position = vim.lsp.util.make_position_params(0, client.offset_encoding).position
  return { start = position, ['end'] = position }
end

--- What the editor complains of in this buffer, as LSP has it: the server picks what is at the place.
---@return lsp.Diagnostic[]?
local function complaints()
  local found = vim.tbl_map(function(one)
    local last = { line = one.end_lnum or one.lnum, character = one.end_col or one.col }
    return { range = { start = { line = one.lnum, character = one.col }, ['end'] = last }, message = one.message, source = one.source }
  end, vim.diagnostic.get(0))
  return #found > 0 and found or nil
end

--- Asks for a text that was not given on the command line.
local function with_text(given, prompt, use)
  if given ~= '' then
    use(given)
    return
  end
  vim.ui.input({ prompt = prompt }, function(text)
    if text and text ~= '' then
      use(text)
    end
  end)
end

local sub = {}

function sub.explain(command)
  local client = client_of.get()
  if client then
    local argument = { uri = vim.uri_from_bufnr(0), range = range_of(client, command) }
    require('longsight.answer').run('longsight.explain', argument, 'explain')
  end
end

function sub.ask(_, text)
  with_text(text, 'Ask about this repository: ', function(question)
    require('longsight.answer').run('longsight.ask', { question = question }, 'ask', function(result, client)
      local locations = result.locations
      if type(locations) == 'table' and #locations > 0 then
        local items = vim.lsp.util.locations_to_items(locations, client.offset_encoding)
        vim.fn.setqflist({}, ' ', { title = 'longsight: ' .. question, items = items })
      end
    end)
  end)
end

--- The first of these that fits the command line, where Neovim asks for a key to go on after more than a line.
local function fitting(long, short)
  return vim.api.nvim_strwidth('longsight: ' .. long) <= vim.v.echospace and long or short
end

--- What came of an edit, in a line.
local function told(result)
  local route = result.route or {}
  local who = ('%s (%s)'):format(route.role or '?', route.engine or '?')
  if type(result.hunks) == 'table' then
    -- Each change says by itself how it is accepted.
    local short = ('%s proposes %d change(s)'):format(who, #result.hunks)
    return fitting(short .. '; :Longsight accept | reject', short)
  elseif result.applied then
    return ('%s changed %d file(s)'):format(who, #(result.edits or {}))
  end
  return ('nothing was changed: %s'):format(result.refused or (who .. ' proposed nothing'))
end

--- Has the lines of the command, or the item at the cursor, changed; with `review`, hunk by hunk on the user's word.
local function edit(command, text, review)
  local client = client_of.get()
  if not client then
    return
  end
  if not vim.bo.modifiable then
    vim.notify('longsight: this buffer cannot be changed (it is not modifiable)', vim.log.levels.WARN)
    return
  end
  local argument = { uri = vim.uri_from_bufnr(0), range = range_of(client, command), review = review, diagnostics = complaints() }
  with_text(text, 'Change: ', function(instruction)
    argument.instruction = instruction
    client_of.execute(client, 'longsight.edit', argument, function(error, result)
      if error and client_of.is_cancel(error) then
        vim.notify('longsight: cancelled, nothing was changed')
      elseif error then
        vim.notify('longsight: ' .. error.message, vim.log.levels.ERROR)
      elseif type(result) == 'table' then
        vim.notify('longsight: ' .. told(result))
      end
    end)
  end)
end

function sub.edit(command, text)
  edit(command, text, nil)
end

function sub.review(command, text)
  edit(command, text, true)
end

function sub.accept(_, text)
  require('longsight.hunks').decide('longsight.acceptHunk', text == 'all')
end

function sub.reject(_, text)
  require('longsight.hunks').decide('longsight.rejectHunk', text == 'all')
end

--- Goes to the next change that waits.
function sub.next()
  require('longsight.hunks').next()
end

--- Why the change here was made.
function sub.why()
  require('longsight.hunks').explain()
end

function sub.status()
  local client = client_of.any()
  if not client then
    return
  end
  local uri = vim.uri_from_bufnr(0)
  client_of.execute(client, 'longsight.status', {}, function(error, said)
    local lines = error and { error.message } or require('longsight.status').lines(said, uri, client_of.busy(client))
    vim.lsp.util.open_floating_preview(lines, 'markdown', { border = 'rounded', focus_id = 'longsight.status', wrap = true })
  end)
end

function sub.log()
  vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.log.get_filename()))
  vim.cmd.normal({ 'G', bang = true })
end

--- Stops explanations, answers and edits that are being worked on.
function sub.cancel()
  if client_of.cancel() == 0 then
    vim.notify('longsight: nothing is being worked on')
  end
end

function sub.restart()
  client_of.restart()
end

--- Runs `:Longsight ...`.
function M.run(command)
  local name = command.fargs[1]
  if not sub[name] then
    vim.notify(('longsight: no subcommand %s; there is %s'):format(name, table.concat(M.complete('', ''), ', ')), vim.log.levels.ERROR)
    return
  end
  sub[name](command, vim.trim(command.args:sub(#name + 1)))
end

--- Names of subcommands that begin with `lead`.
---@return string[]
function M.complete(lead, line)
  local of = line:match('Longsight!?%s+(%S+)%s')
  if of then
    return (of == 'accept' or of == 'reject') and vim.startswith('all', lead) and { 'all' } or {}
  end
  local names = vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.tbl_keys(sub))
  table.sort(names)
  return names
end

return M
