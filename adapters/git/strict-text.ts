/** Strict UTF-8, as PyYAML wants it; a byte-order mark is left for the YAML reader. Throws TypeError for anything else. */
export function strictText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
