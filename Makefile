# longsight: `make try` shows it at work, `make install` puts it on this machine, `make test` proves it.

SHELL := /bin/sh
TARGET := $(or $(CARGO_TARGET_DIR),target)
BIN := $(TARGET)/release/longsight
PREFIX ?= $(HOME)/.local
DATA := $(or $(XDG_DATA_HOME),$(HOME)/.local/share)
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/longsight
# A Python with another llama.cpp server, to test and measure against.
PYTHON := $(CACHE)/test/llama-server/bin/python
NEOVIM := $(DATA)/nvim/site/pack/longsight/start/longsight

.PHONY: help try build deps model vsix release test test-vscode test-vscode-real bench-vscode fast fuzz test-deps lint bench install install-neovim install-vscode uninstall clean

help:
	@echo "make try      build, fetch the default model, and show everything on a real repository (REPO=path for yours)"
	@echo "make install  binary to $(PREFIX)/bin, plugins for Neovim and VS Code for the current user"
	@echo "make test     everything: formatting, lints, all suites, real model, real editors"
	@echo "make fast     the suites that need no model and no editor"
	@echo "make bench    measure this machine, its Neovims and VS Code included"
	@echo "make fuzz     every parser against inputs that a fuzzer finds, FUZZ_SECONDS (60) for each"

# --- for users ---------------------------------------------------------------------------------------------------------------

try: build model
	@python3 scripts/try.py --longsight $(BIN) $(if $(REPO),--repo "$(REPO)")

deps:
	@scripts/install-deps

build: deps
	cargo build --release --locked

model: build
	@$(BIN) models path qwen2.5-coder-0.5b >/dev/null 2>&1 || $(BIN) models pull qwen2.5-coder-0.5b

install: build model
	@mkdir -p "$(PREFIX)/bin"
	@install -m 755 $(BIN) "$(PREFIX)/bin/longsight"
	@echo "installed $(PREFIX)/bin/longsight"
	@$(MAKE) --no-print-directory install-neovim install-vscode
	@PATH="$(PREFIX)/bin:$$PATH" "$(PREFIX)/bin/longsight" doctor --workspace .
	@command -v longsight >/dev/null || echo "note: put $(PREFIX)/bin into PATH, so that editors find longsight"

install-neovim:
	@rm -rf "$(NEOVIM)"
	@mkdir -p "$(NEOVIM)"
	@cp -R editors/neovim/. "$(NEOVIM)"
	@if command -v nvim >/dev/null; then nvim --headless -u NONE -c "helptags $(NEOVIM)/doc" -c quit || true; fi
	@echo "installed $(NEOVIM); to turn it on: vim.lsp.enable('longsight') in init.lua (README, Editors)"

# The extension carries the server, so it needs no PATH. It goes into every VS Code of this machine.
install-vscode: build
	@found=; for code in code code-insiders codium code-server; do if command -v $$code >/dev/null; then found=yes; fi; done; \
	if [ -z "$$found" ]; then echo "VS Code: no \`code\` command here, extension not installed (\`make vsix\` packs it)"; \
	elif ! command -v npm >/dev/null; then echo "VS Code: packing the extension needs npm, extension not installed"; \
	else editors/vscode/package.sh --server $(BIN) --install; fi

uninstall:
	@rm -rf "$(PREFIX)/bin/longsight" "$(NEOVIM)"
	@for code in code code-insiders codium code-server; do if command -v $$code >/dev/null; then $$code --uninstall-extension longsight.longsight || true; fi; done
	@echo "removed; models and indexes are in $(CACHE), the configuration is in $(or $(XDG_CONFIG_HOME),$(HOME)/.config)/longsight"

clean:
	cargo clean
	rm -rf "$(CACHE)/try"

# --- for developers ----------------------------------------------------------------------------------------------------------

# The .vsix with the binary inside.
vsix: build
	@editors/vscode/package.sh --server $(BIN)

# The .vsix, a tarball and checksums, in target/dist.
release: build
	@scripts/release

# One `nextest` run: fast suites in parallel, then models and editors one at a time (.config/nextest.toml); then a real VS Code. What runs
# inside of its extension host decides; failures of the workbench's steps are told here and decide in `make test-vscode-real`, until
# they have passed often enough on busy machines.
test: test-deps lint test-vscode
	cargo nextest run --release --locked
	@$(MAKE) --no-print-directory test-vscode-real what=host
	@$(MAKE) --no-print-directory test-vscode-real what=ui || echo "VS CODE: some steps failed, see above; \`make test-vscode-real what=ui\` runs them alone"

# Types and pure parts of the extension.
test-vscode:
	cd editors/vscode && npm ci --no-fund --no-audit --silent && npm run --silent check && npm test --silent

# The packaged extension in a real VS Code (code-server, Chromium) with the default model; loudly skipped where those cannot be had.
# `what=host` runs what is tested inside its extension host, `what=ui` uses the workbench as a person does, with screenshots in
# target/vscode-shots.
what ?= all
test-vscode-real: build model
	@if editors/vscode/test/setup.sh; then editors/vscode/test/run.sh $(what) --server $(BIN); \
	else echo "SKIP: a real VS Code cannot be installed here; its tests do not run"; fi

# Keystroke to ghost text in VS Code, split into editor, server and model; a part of `make bench`.
bench-vscode: build model
	@if editors/vscode/test/setup.sh; then editors/vscode/test/run.sh bench --server $(BIN); \
	else echo "SKIP: a real VS Code cannot be installed here; nothing is measured in it"; fi

fast:
	cargo nextest run --release --locked -E 'not test(/slow_/)'

# Every parser of foreign bytes under libFuzzer, FUZZ_SECONDS for each (scripts/fuzz says more).
FUZZ_SECONDS ?= 60
fuzz:
	@scripts/fuzz $(FUZZ_SECONDS)

lint:
	cargo fmt --check
	cargo clippy --release --locked --all-targets -- -D warnings
	cargo check --release --locked --no-default-features --all-targets

test-deps:
	@scripts/install-deps test
	@scripts/get-neovim
	@scripts/get-editors
	@scripts/get-llama-server
	cargo build --release --locked
	@for model in smollm2-135m qwen2.5-coder-0.5b; do $(BIN) models path $$model >/dev/null 2>&1 || $(BIN) models pull $$model || exit 1; done

bench: test-deps model
	cargo bench --locked --bench index --bench plain
	@python3 scripts/bench.py --longsight $(BIN) --python $(PYTHON)
