// Collects the parts of a streamed answer. Pure.

import type { StreamPart } from "./protocol";

export class StreamedAnswer {
  text = "";
  reasoning = "";
  /** The newest line of progress. */
  progress = "";
  private last = -1;

  /** Takes one part; one that came before is dropped. True when something changed. */
  push({ seq, kind, delta }: StreamPart): boolean {
    if (seq <= this.last) return false;
    this.last = seq;
    if (kind === "restart") this.text = this.reasoning = "";
    else if (kind === "text") this.text += delta;
    else if (kind === "reasoning") this.reasoning += delta;
    else this.progress = delta.trim();
    return true;
  }
}
