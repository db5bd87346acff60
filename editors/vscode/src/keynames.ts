// Names of environment variables that may carry a key. Pure.

/** A name that can hold a key and cannot change how programs run (`PATH`, `LD_PRELOAD`, …). */
export function isKeyName(name: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,60}_(KEY|TOKEN)$/.test(name);
}

/** The `api_key_env` names that a configuration file mentions, in its order. */
export function keyNames(configuration: string): string[] {
  const found = [...configuration.matchAll(/^\s*api_key_env\s*=\s*["']([^"'\n]+)["']/gm)].map(([, name]) => name!);
  return [...new Set(found)].filter(isKeyName);
}

/** Why a key cannot be sent in a header, or nothing. The key itself is never part of the message. */
export function keyFault(key: string): string | undefined {
  if (!key) return "The key is empty.";
  if (/\s/.test(key)) return "The key has a space or line break in it.";
  if (/[^\x21-\x7e]/.test(key)) return "The key has characters that no key has.";
  return undefined;
}
