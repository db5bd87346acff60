-- What users and their configurations call. Options are `vim.g.longsight`, or `setup()`, which only stores them.

local M = {}

---@class longsight.Options
---@field cmd string[] How the server is started.
---@field ghost boolean Show suggestions while typing.
---@field debounce integer Milliseconds without a key before a suggestion is asked for (our own ghost text, Neovim 0.11).
---@field native boolean On 0.12, have Neovim's own inline completion draw them.
---@field progress boolean Say on the command line what is being done.
---@field keys table<string, string> Insert-mode keys: `accept`, `word`, `line`, `dismiss`, `invoke`. A key does what it did where there is no suggestion.
M.defaults = { cmd = { 'longsight', 'serve' }, ghost = true, debounce = 75, native = true, progress = true, keys = {} }

--- The options in force.
---@return longsight.Options
function M.options()
  return vim.tbl_extend('force', M.defaults, vim.g.longsight or {})
end

--- Optional: the same as setting `vim.g.longsight` and calling `vim.lsp.enable('longsight')`.
---@param options? table
function M.setup(options)
  vim.validate('options', options, 'table', true)
  vim.g.longsight = vim.tbl_extend('force', vim.g.longsight or {}, options or {})
  vim.lsp.enable('longsight')
end

--- What is wrong with the options, for :checkhealth.
---@return string[]
function M.problems()
  local wrong = {}
  for key, value in pairs(vim.g.longsight or {}) do
    local expected = M.defaults[key]
    if expected == nil then
      wrong[#wrong + 1] = ('vim.g.longsight.%s is not an option'):format(key)
    elseif type(expected) ~= type(value) then
      wrong[#wrong + 1] = ('vim.g.longsight.%s must be a %s'):format(key, type(expected))
    end
  end
  for key in pairs(M.options().keys) do
    if not vim.list_contains({ 'accept', 'word', 'line', 'dismiss', 'invoke' }, key) then
      wrong[#wrong + 1] = ('vim.g.longsight.keys.%s is not a key that can be set'):format(key)
    end
  end
  return wrong
end

--- Accepts the suggestion: `all`, `word` or `line`. Whether there was one.
---@param what? 'all'|'word'|'line'
---@return boolean
function M.accept(what)
  return require('longsight.ghost').accept(what or 'all')
end

--- For 'statusline': `longsight`, with what it is doing; empty where it is not attached.
---@return string
function M.statusline()
  local client = vim.lsp.get_clients({ name = 'longsight', bufnr = 0 })[1]
  if not client then
    return ''
  end
  local busy = require('longsight.client').busy(client)
  return busy and ('longsight: ' .. busy) or 'longsight'
end

return M
