"""A language client over stdio, as small as measurements need it."""

import itertools
import json
import os
import pathlib
import queue
import subprocess
import threading


class Server:
    """One `longsight serve`. `request` waits for the answer; what the server asks is answered with nothing."""

    def __init__(self, argv, root, environment=None):
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
            env={**os.environ, **(environment or {})},
        )
        self.ids, self.waiting, self.lock = itertools.count(1), {}, threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        uri = pathlib.Path(root).resolve().as_uri()
        folders = [{"uri": uri, "name": "workspace"}]
        capabilities = {"general": {"positionEncodings": ["utf-16"]}, "textDocument": {"inlineCompletion": {}}}
        start = {"processId": os.getpid(), "rootUri": uri, "workspaceFolders": folders, "capabilities": capabilities}
        self.request("initialize", start)
        self.notify("initialized", {})

    def _read(self):
        out = self.process.stdout
        while header := out.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = out.readline()
            message = json.loads(out.read(length))
            if "method" not in message:
                self.waiting.pop(message.get("id")).put(message)
            elif "id" in message:
                self._send({"id": message["id"], "result": None})

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self.lock:
            self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self.process.stdin.flush()

    def notify(self, method, params):
        self._send({"method": method, "params": params})

    def request(self, method, params, timeout=120):
        identifier, answer = next(self.ids), queue.Queue()
        self.waiting[identifier] = answer
        self._send({"id": identifier, "method": method, "params": params})
        message = answer.get(timeout=timeout)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def stop(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(timeout=10)
