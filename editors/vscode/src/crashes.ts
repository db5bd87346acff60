// Decides whether a server that went away is started again. Pure: time comes in as a parameter.

const WINDOW_MS = 3 * 60_000;

/** At most `limit` restarts in three minutes; then the extension says so once and stays quiet. */
export class Crashes {
  private times: number[] = [];

  constructor(private readonly limit = 4) {}

  /** Records one crash; true when the server should be started again. */
  again(now: number): boolean {
    this.times = this.times.filter((time) => now - time < WINDOW_MS);
    this.times.push(now);
    return this.times.length <= this.limit;
  }

  /** A person asked for a restart: earlier crashes no longer count. */
  forget(): void {
    this.times = [];
  }
}
