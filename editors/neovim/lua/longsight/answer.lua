-- Explanations and answers: a floating window of markdown that fills while the model writes. `q` closes it and stops the model,
-- `<CR>` on `path:line` goes there.

local M = {}

local client_of = require('longsight.client')

---@class longsight.Answer
---@field buffer integer
---@field window integer
---@field client vim.lsp.Client
---@field request? integer
---@field title string What was asked for.
---@field said? string What is being done, where the title says it.
---@field root string
---@field places string[] The checked places of the answer, as its text names them.

---@type table<string, longsight.Answer>
local running = {}
local last = 0

--- Text from the server while a command runs.
---@param params { token: string, kind: string, delta: string }
function M.stream(params)
  local answer = running[params.token]
  if not answer or not vim.api.nvim_buf_is_valid(answer.buffer) then
    return
  end
  if params.kind == 'progress' then
    answer.said = params.delta
    M.title(answer, params.delta)
  elseif params.kind == 'restart' then
    vim.bo[answer.buffer].modifiable = true
    vim.api.nvim_buf_set_lines(answer.buffer, 0, -1, false, {})
    vim.bo[answer.buffer].modifiable = false
  elseif params.kind == 'text' then
    if answer.said then
      -- What is written tells by itself what is being done.
      answer.said = nil
      M.title(answer, answer.title)
    end
    local final = vim.api.nvim_buf_get_lines(answer.buffer, -2, -1, false)[1] or ''
    vim.bo[answer.buffer].modifiable = true
    vim.api.nvim_buf_set_lines(answer.buffer, -2, -1, false, vim.split(final .. params.delta, '\n', { plain = true }))
    vim.bo[answer.buffer].modifiable = false
  end
end

---@param answer longsight.Answer
---@param text string
function M.title(answer, text)
  if vim.api.nvim_win_is_valid(answer.window) then
    vim.api.nvim_win_set_config(answer.window, { title = ' longsight: ' .. text:gsub('%s+', ' ') .. ' ' })
  end
end

--- What `find` finds in the line under the cursor, if the cursor stands in it.
---@param find fun(line: string, from: integer): integer?, integer?
---@return string?
local function under_cursor(find)
  local line, column = vim.api.nvim_get_current_line(), vim.api.nvim_win_get_cursor(0)[2] + 1
  local first, last_byte = find(line, 1)
  while first do
    if column >= first and column <= last_byte then
      return line:sub(first, last_byte)
    end
    first, last_byte = find(line, last_byte + 1)
  end
end

--- The place under the cursor: one of the checked ones, which may have any sign in their names, else what looks like one.
---@param answer longsight.Answer
---@return string?
local function place_here(answer)
  for _, place in ipairs(answer.places) do
    local found = under_cursor(function(line, from)
      return line:find(vim.pesc(place) .. '%f[%D]', from)
    end)
    if found then
      return found
    end
  end
  return under_cursor(function(line, from)
    return line:find('[%w%._%-/\\]+:%d+', from)
  end)
end

--- Goes to the `path:line` under the cursor.
---@param answer longsight.Answer
local function jump(answer)
  local path, number = (place_here(answer) or ''):match('^(.*):(%d+)$')
  if not path then
    return
  end
  local file = vim.startswith(path, '/') and path or vim.fs.joinpath(answer.root, path)
  if not vim.uv.fs_stat(file) then
    return
  end
  vim.api.nvim_win_close(answer.window, true)
  vim.cmd.edit(vim.fn.fnameescape(file))
  vim.api.nvim_win_set_cursor(0, { math.min(tonumber(number) or 1, vim.api.nvim_buf_line_count(0)), 0 })
end

---@param client vim.lsp.Client
---@param title string
---@return longsight.Answer
local function open(client, title)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].filetype = 'markdown'
  vim.bo[buffer].modifiable = false
  local width = math.min(100, math.max(40, math.floor(vim.o.columns * 0.8)))
  local height = math.max(8, math.floor(vim.o.lines * 0.6))
  local window = vim.api.nvim_open_win(buffer, true, {
    relative = 'editor',
    width = width,
    height = height,
    row = math.max(0, math.floor((vim.o.lines - height) / 2) - 1),
    col = math.max(0, math.floor((vim.o.columns - width) / 2)),
    style = 'minimal',
    border = 'rounded',
    title = ' longsight: ' .. title .. ' ',
    title_pos = 'left',
  })
  vim.wo[window].wrap = true
  vim.wo[window].linebreak = true
  vim.wo[window].conceallevel = 2
  local answer = { buffer = buffer, window = window, client = client, title = title, root = client.root_dir or vim.fn.getcwd(), places = {} }
  for _, key in ipairs({ 'q', '<Esc>' }) do
    vim.keymap.set('n', key, '<Cmd>close<CR>', { buffer = buffer, nowait = true })
  end
  vim.keymap.set('n', '<CR>', function()
    jump(answer)
  end, { buffer = buffer, desc = 'longsight: go to path:line' })
  return answer
end

--- What a finished answer says below its text: who answered and how long it took.
local function footer(result)
  local route, timing = result.route or {}, result.timing or {}
  local parts = {}
  if route.role then
    parts[1] = ('%s (%s)'):format(route.role, route.engine or '?')
  end
  if timing.total_ms then
    parts[#parts + 1] = ('%.1f s'):format(timing.total_ms / 1000)
  end
  local unverified = vim.tbl_filter(function(citation)
    return citation.verified == false
  end, result.citations or {})
  if #unverified > 0 then
    parts[#parts + 1] = ('%d place(s) could not be verified'):format(#unverified)
  end
  return table.concat(parts, ', ')
end

--- The checked places of an answer, longest first, so that none is taken for the beginning of another.
---@return string[]
local function places_of(result)
  local places = {}
  for _, citation in ipairs(type(result.citations) == 'table' and result.citations or {}) do
    if citation.verified then
      places[#places + 1] = ('%s:%d'):format(citation.path, citation.line)
    end
  end
  table.sort(places, function(a, b)
    return #a > #b
  end)
  return places
end

--- Those that the text does not name, a line each.
---@param text string
---@param places string[]
local function unnamed(text, places)
  local lines = {}
  for _, place in ipairs(places) do
    if not text:find(place, 1, true) then
      lines[#lines + 1] = '- ' .. place
    end
  end
  table.sort(lines)
  return #lines > 0 and '\n\nPlaces:\n\n' .. table.concat(lines, '\n') or ''
end

--- What has come of an answer that failed, or that was stopped, stays readable below the reason.
---@param answer longsight.Answer
---@param error lsp.ResponseError|{ message: string }
local function failed(answer, error)
  local partial = table.concat(vim.api.nvim_buf_get_lines(answer.buffer, 0, -1, false), '\n')
  local reason = client_of.is_cancel(error) and '**Cancelled**' or '**Failed**: ' .. error.message
  return reason .. (vim.trim(partial) ~= '' and '\n\n' .. partial or '')
end

--- Runs a command whose answer is text, in a window. `done` gets the result.
---@param name string
---@param argument table
---@param title string
---@param done? fun(result: table, client: vim.lsp.Client)
function M.run(name, argument, title, done)
  -- An answer of before may be what is looked at; what needs a buffer has been asked for its client already.
  local client = client_of.any()
  if not client then
    return
  end
  last = last + 1
  local token = ('answer-%d-%d'):format(vim.fn.getpid(), last)
  argument.streamToken = token
  local answer = open(client, title)
  running[token] = answer
  answer.request = client_of.execute(client, name, argument, function(error, result)
    running[token] = nil
    if not vim.api.nvim_buf_is_valid(answer.buffer) then
      return
    end
    local text = vim.trim(error and failed(answer, error) or (type(result) == 'table' and result.text) or '')
    if not error and type(result) == 'table' then
      answer.places = places_of(result)
      text = text .. unnamed(text, answer.places)
    end
    vim.bo[answer.buffer].modifiable = true
    vim.api.nvim_buf_set_lines(answer.buffer, 0, -1, false, vim.split(text, '\n', { plain = true }))
    vim.bo[answer.buffer].modifiable = false
    if error then
      M.title(answer, title)
    elseif type(result) == 'table' then
      local who = footer(result)
      M.title(answer, who ~= '' and title .. ' - ' .. who or title)
      if done then
        done(result, client)
      end
    end
  end)
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = answer.buffer,
    once = true,
    callback = function()
      if running[token] then
        running[token] = nil
        client_of.stop(client, answer.request)
      end
    end,
  })
end

return M
