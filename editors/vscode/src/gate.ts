// When ghost text is not asked for, and why. Pure: the same reason is what "why nothing was suggested" shows.

export type Mode = "automatic" | "invoked" | "off";

export interface Moment {
  mode: Mode;
  invoked: boolean;
  lines: number;
  maxLines: number;
  cursors: number;
  selecting: boolean;
}

/** The reason not to ask the server, or nothing when it should be asked. */
export function blocked(moment: Moment): string | undefined {
  if (moment.mode === "off") return "ghost text is off for this language (longsight.inlineCompletion.enabled)";
  if (moment.mode === "invoked" && !moment.invoked) return "ghost text is only offered when asked for (longsight.inlineCompletion.enabled)";
  if (moment.cursors > 1) return "there is more than one cursor";
  if (moment.selecting && !moment.invoked) return "text is selected";
  if (moment.lines > moment.maxLines) return `the file has ${moment.lines} lines, more than longsight.inlineCompletion.maxFileLines`;
  return undefined;
}
