-- The client configuration that `vim.lsp.enable('longsight')` starts; change it with `vim.lsp.config('longsight', {...})`.

return require('longsight.client').config()
