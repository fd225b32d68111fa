/** Tells people something by mail. */
export interface Notifier {
  /**
   * Resolves once the next station has accepted the mail. A second call with the same `id` sends a mail that programs recognise as the
   * same one. Throws when it was not accepted; the caller tries again or gives up, and nothing else may fail for it.
   */
  send(mail: Mail): Promise<void>;
}

export interface Mail {
  readonly id: string; // the same for the same news, whoever sends it and however often
  readonly to: string; // one address, or several separated by commas
  readonly subject: string;
  readonly text: string;
}

/** An id as a Message-ID; what may not stand in one is percent-encoded. */
export function messageId(id: string): string {
  return `<${encodeURIComponent(id).replace(/[!'()*]/g, '_')}@loligo>`;
}
