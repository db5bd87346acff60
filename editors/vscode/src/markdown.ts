// Turns an answer of a model into markdown that is safe to render: no images, no HTML, no links but the checked ones.
// A model writes whatever a repository made it write, and the editor's preview loads remote images and follows links;
// so every character that could build one is made inert, and links are added here, for verified citations only. Pure.

import type { Citation } from "./protocol";

/** A citation with the URI that its link opens. */
export interface Link {
  text: string;
  uri: string;
}

/** Links for what the server has verified: `path:line` → `resolve(path)#Lline`. Longest first, so that none hides another. */
export function links(citations: readonly Citation[], resolve: (path: string) => string | undefined): Link[] {
  const seen = new Map<string, Link>();
  for (const { path, line, verified } of citations) {
    const uri = verified ? resolve(path) : undefined;
    if (uri) {
      const text = `${path}:${line}`;
      seen.set(text, { text, uri: `${uri}#L${line}` });
    }
  }
  return [...seen.values()].sort((a, b) => b.text.length - a.text.length);
}

/** The answer as inert markdown, with `known` places as links. An unfinished answer (a stream) is closed properly. */
export function render(answer: string, known: readonly Link[] = []): string {
  const out: string[] = [];
  const lines = answer.replace(/\r\n?/g, "\n").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const open = /^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?(`{3,}|~{3,})\s*([\w+#.-]*)/.exec(lines[at]!);
    if (!open) {
      out.push(inline(lines[at]!, known));
      continue;
    }
    const closes = (line: string) => new RegExp(`^[\\s>]*${open[1]![0]}{${open[1]!.length},}\\s*$`).test(line);
    const body: string[] = [];
    for (at++; at < lines.length && !closes(lines[at]!); at++) body.push(lines[at]!);
    out.push(...fence(body, open[2] ?? ""));
  }
  return out.join("\n");
}

/** A fence of our own at column 0: it opens and closes wherever it stands, whatever its body holds. */
function fence(body: readonly string[], language: string): string[] {
  const longest = Math.max(2, ...[...body.join("\n").matchAll(/`+/g)].map(([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  // Diagrams are drawn by scripts that can load things; their source is shown instead.
  const shown = /^(mermaid|math|katex|svg|html)$/i.test(language) ? "text" : language;
  return ["", marks + shown, ...body, marks, ""];
}

/** One line outside fences: code spans stay code spans, everything else becomes text. */
function inline(line: string, known: readonly Link[]): string {
  // Indentation of four columns would make a code block and turn the escapes below into visible noise.
  const indent = /^\s*/.exec(line)![0].replace(/\t/g, "  ");
  let rest = line.trimStart();
  let out = indent.slice(0, Math.min(indent.length, /^([-*+]|\d+[.)])\s/.test(rest) ? 8 : 3));
  while (rest) {
    const run = /`+/.exec(rest);
    if (!run) return out + text(rest, known);
    out += text(rest.slice(0, run.index), known);
    rest = rest.slice(run.index + run[0].length);
    const close = [...rest.matchAll(/`+/g)].find(([ticks]) => ticks.length === run[0].length);
    if (!close) {
      out += "\\`".repeat(run[0].length);
      continue;
    }
    out += codeSpan(rest.slice(0, close.index).trim(), known);
    rest = rest.slice(close.index + close[0].length);
  }
  return out;
}

/** A code span that stays inert even where a table cell or an odd backtick would tear it apart. */
function codeSpan(code: string, known: readonly Link[]): string {
  const link = known.find(({ text }) => text === code);
  const shown = `<code>${entities(code)}</code>`;
  return link ? `[${shown}](${link.uri})` : shown;
}

function text(plain: string, known: readonly Link[]): string {
  let out = "";
  let rest = plain;
  while (rest) {
    const found = first(rest, known);
    if (!found) return out + escape(rest);
    out += escape(rest.slice(0, found.index));
    out += `[${escape(found.shown)}](${found.link.uri})`;
    rest = rest.slice(found.index + found.shown.length);
  }
  return out;
}

/** The first citation in `plain` that ends where the number ends, so that `a.rs:1` is not found in `a.rs:12`. */
function first(plain: string, known: readonly Link[]): { index: number; shown: string; link: Link } | undefined {
  let best: { index: number; shown: string; link: Link } | undefined;
  for (const link of known) {
    const pattern = new RegExp(`(?<![\\w./-])${link.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?!\\d)`);
    const index = pattern.exec(plain)?.index;
    if (index !== undefined && (best === undefined || index < best.index)) best = { index, shown: link.text, link };
  }
  return best;
}

/** Text that builds no link, image or tag. Emphasis, headings, lists and tables are left alone. */
function escape(plain: string): string {
  return plain
    .replace(/\\/g, "\\\\")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[[\]]/g, "\\$&")
    // A bare address is made a link by the preview; as code it is shown and not followed.
    .replace(/\b(?:[a-z][a-z0-9+.-]*:\/\/|www\.|mailto:)[^\s"'*_|]*/gi, (address) => `<code>${entities(address.replace(/\\(.)/g, "$1"))}</code>`)
    .replace(/\$/g, "&#36;");
}

function entities(code: string): string {
  return code.replace(/[^\w ]/g, (sign) => `&#${sign.codePointAt(0)};`).replace(/_/g, "&#95;");
}
