-- A refactor of two files with the real server and a scripted coder: drawn hunks, one rejected, the rest accepted one by one, each its
-- own step of undo, and a hunk that typing gets in the way of.
-- Run as: nvim --headless -u NONE -l two_files.lua REPOSITORY LONGSIGHT CONFIG

local root, longsight, config = arg[1], arg[2], arg[3]
package.path = root .. '/tests/neovim/?.lua;' .. package.path
local P = require('probe')
P.start(root)

-- The repository lies beside the configuration.
local workspace = vim.fs.dirname(config) .. '/repo'
local area, square = workspace .. '/src/area.rs', workspace .. '/src/square.rs'
local AREA, SQUARE = vim.fn.readfile(area), vim.fn.readfile(square)

P.lua(
  [[
  local longsight, config, file = ...
  vim.notify = function(message)
    Said = message
  end
  vim.g.longsight = { cmd = { longsight, 'serve', '--config', config }, ghost = false }
  vim.lsp.enable('longsight')
  vim.cmd.edit(file)
  vim.bo.filetype = 'rust'
  vim.o.hidden = true]],
  longsight,
  config,
  area
)
P.check('attached', P.until_lua(10000, "local c = vim.lsp.get_clients({ name = 'longsight' })[1]; return c and c.initialized or nil"))

local function lines_of(file)
  return P.lua('return vim.api.nvim_buf_get_lines(vim.fn.bufnr(...), 0, -1, false)', file)
end
local function becomes(name, file, expected)
  P.check(name, P.wait(5000, function()
    return vim.deep_equal(lines_of(file), expected)
  end), { lines_of(file), P.lua('return Said') })
end
local function waiting(here, elsewhere)
  return P.wait(20000, function()
    return vim.deep_equal(P.lua("return { require('longsight.hunks').count() }"), { here, elsewhere })
  end)
end
local function propose()
  P.lua("vim.cmd('1,3Longsight edit rename area to surface with its callers, step by step')")
  P.check('three changes wait in two files', waiting(1, 2), { P.lua("return { require('longsight.hunks').count() }"), P.lua('return Said') })
end

propose()
P.check('nothing is changed yet', vim.deep_equal(P.lines(), AREA), P.lines())
local renamed = { 'pub fn surface(width: u32, height: u32) -> u32 {', AREA[2], AREA[3] }
P.lua("vim.cmd('Longsight accept')")
becomes('the first is accepted', area, renamed)

P.lua("vim.cmd('Longsight next')")
P.check('next opens the other file', P.lua('return vim.fs.basename(vim.api.nvim_buf_get_name(0))') == 'square.rs')
P.lua("vim.bo.filetype = 'rust'")
P.check('two wait here', waiting(2, 0), P.lua('return Said'))
P.check('signs are drawn', P.lua([[
  local marks = vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces()['longsight.hunks'], 0, -1, { details = true })
  return #vim.tbl_filter(function(mark) return mark[4].sign_text ~= nil end, marks)]]) == 2)
P.check('attached here', P.until_lua(5000, "return #vim.lsp.get_clients({ name = 'longsight', bufnr = 0 }) > 0 or nil"))
-- Typing above moves them.
P.cursor(1, 0)
P.type('O// typed<Esc>')
local typed = { '// typed', unpack(SQUARE) }
becomes('typed', square, typed)
P.check('both still wait', waiting(2, 0), P.lua('return Said'))
P.cursor(2, 0)
P.lua("vim.cmd('Longsight reject')")
P.check('one is rejected', waiting(1, 0))
P.lua("vim.cmd('Longsight accept')")
local accepted = vim.deepcopy(typed)
accepted[5] = '    surface(side, side)'
becomes('the other is accepted', square, accepted)
P.check('nothing waits', waiting(0, 0))
P.type('u')
becomes('one undo takes one acceptance back', square, typed)
P.type('u')
becomes('and the next the typing', square, SQUARE)

-- The first file: undone by one key as well.
P.lua('vim.cmd.edit(...)', area)
P.type('u')
becomes('one undo', area, AREA)

-- Typing where a hunk is drops it, and says so; the others stay.
propose()
P.cursor(1, 7)
P.type('iwide_<Esc>')
P.check('a hunk in the way of typing is dropped with the reason', P.until_lua(5000, "return Said and Said:find('is dropped', 1, true)"), P.lua('return Said'))
P.check('the others stay', waiting(0, 2))
P.lua("vim.cmd('Longsight reject all')")
P.check('all are rejected', waiting(0, 0))

-- Accepting all is one step of undo in each file.
P.type('u')
becomes('as it was', area, AREA)
propose()
P.lua("vim.cmd('Longsight accept all')")
becomes('all are accepted', area, renamed)
becomes('in both files', square, { 'use crate::area::surface;', SQUARE[2], SQUARE[3], '    surface(side, side)', SQUARE[5] })
P.type('u')
becomes('one undo takes all back here', area, AREA)
P.lua("vim.lsp.stop_client(vim.lsp.get_clients({ name = 'longsight' }))")
P.finish()
