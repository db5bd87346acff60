-- The user's own insert-mode keys. One does what it did before where there is nothing for it to do.

local M = {}

local MINE = 'longsight: '

--- Maps of buffers that ours stand in front of, by buffer and key.
---@type table<string, table>
local earlier = {}

--- What the key was mapped to, without our own maps.
---@return table?
local function before(buffer, key)
  local raw = vim.api.nvim_replace_termcodes(key, true, true, true)
  for _, maps in ipairs({ vim.api.nvim_buf_get_keymap(buffer, 'i'), vim.api.nvim_get_keymap('i') }) do
    for _, map in ipairs(maps) do
      local mine = vim.startswith(map.desc or '', MINE)
      -- A key with Ctrl has two forms inside Neovim.
      if not mine and (map.lhsraw == raw or map.lhsrawalt == raw) then
        return map
      end
    end
  end
end

--- Keys that do what `map` does, for an `<expr>` map to return.
local function keys_of(map)
  local keys = map.rhs
  if map.expr == 1 and map.callback then
    keys = map.callback()
  elseif map.expr == 1 then
    keys = vim.api.nvim_eval(map.rhs)
  elseif map.callback then
    vim.schedule(map.callback)
    return ''
  end
  keys = type(keys) == 'string' and keys or ''
  return (map.expr == 0 or map.replace_keycodes == 1) and vim.api.nvim_replace_termcodes(keys, true, true, true) or keys
end

--- Does what the key did: the map that it had, else the key itself.
local function fall_back(map, key)
  if not map then
    return vim.api.nvim_replace_termcodes(key, true, true, true)
  end
  local keys = keys_of(map)
  if map.noremap == 1 then
    return keys
  end
  vim.api.nvim_feedkeys(keys, 'im', false)
  return ''
end

--- Maps the keys of the options for a buffer.
---@param buffer integer
function M.map(buffer)
  local ghost = require('longsight.ghost')
  local actions = {
    accept = function()
      return ghost.accept('all')
    end,
    word = function()
      return ghost.accept('word')
    end,
    line = function()
      return ghost.accept('line')
    end,
    dismiss = function()
      local there = ghost.visible()
      vim.schedule(ghost.dismiss)
      return there
    end,
    invoke = function()
      vim.schedule(ghost.invoke)
      return true
    end,
  }
  for name, key in pairs(require('longsight').options().keys) do
    local act = actions[name]
    if act then
      local id = buffer .. key
      earlier[id] = earlier[id] or before(buffer, key)
      vim.keymap.set('i', key, function()
        return act() and '' or fall_back(earlier[id] or before(buffer, key), key)
      end, { buffer = buffer, expr = true, replace_keycodes = false, desc = MINE .. name })
    end
  end
end

return M
