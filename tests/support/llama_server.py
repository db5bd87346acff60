"""A real llama.cpp server for the tests: `llama_server.py MODEL PORT [THREADS]` prints its address, serves until standard input closes."""

import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {"tiny"}
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[2])
params.n_ctx = 4096
params.n_parallel = 1
params.use_jinja = True
params.cpuparams.n_threads = int(sys.argv[3]) if len(sys.argv) > 3 else 2
params.warmup = False
params.verbosity = 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
