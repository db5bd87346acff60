// Carries computed edits over what was typed before they arrived. Pure: exact, or not at all.

import type { Position, Range, TextEdit } from "vscode-languageclient/node";

/** A change of a document as the editor tells it: places are those of the text before the whole event, which made `version`. */
export interface Typed {
  version: number;
  changes: readonly { range: Range; text: string }[];
}

/** The edits for the text after `typed`; none where one of them touches what was typed, and what is meant is no longer certain. */
export function carried<E extends TextEdit>(edits: readonly E[], typed: readonly Typed[]): E[] | undefined {
  const ranges = typed.reduce<Range[] | undefined>((now, { changes }) => now && after(now, changes), edits.map(({ range }) => range));
  return ranges && edits.map((edit, at) => ({ ...edit, range: ranges[at]! }));
}

function after(ranges: readonly Range[], changes: Typed["changes"]): Range[] | undefined {
  // What is further down has not moved yet while what is above it is looked at.
  const upwards = [...changes].sort((a, b) => compare(b.range.start, a.range.start));
  let now = [...ranges];
  for (const { range, text } of upwards) {
    if (now.some(({ start, end }) => compare(range.start, end) <= 0 && compare(start, range.end) <= 0)) return undefined;
    now = now.map((one) => (compare(range.end, one.start) < 0 ? { start: moved(one.start, range, text), end: moved(one.end, range, text) } : one));
  }
  return now;
}

/** Where `place`, behind `range`, is once `text` stands in the range's place. */
function moved({ line, character }: Position, { start, end }: Range, text: string): Position {
  const lines = text.split(/\r\n|\r|\n/);
  const last = lines.at(-1)!.length + (lines.length === 1 ? start.character : 0);
  return { line: line - end.line + start.line + lines.length - 1, character: line === end.line ? character - end.character + last : character };
}

const compare = (a: Position, b: Position) => a.line - b.line || a.character - b.character;
