import { pathToFileURL } from 'node:url';

/** What a function's process is sent, and what it sends back: `node function-child.ts FILE EXPORT`, with an IPC channel. */
export interface Order {
  readonly event: unknown;
  readonly context: {
    readonly awsRequestId: string;
    readonly functionName: string;
    readonly invokedFunctionArn: string;
  };
  readonly deadline: number; // epoch ms
}

export type Outcome =
  | { readonly payload: string } // JSON
  | { readonly error: { readonly errorType: string; readonly errorMessage: string; readonly stack: string } };

const [file = '', name = ''] = process.argv.slice(2);
const { [name]: handler } = (await import(pathToFileURL(file).href)) as Record<
  string,
  (event: unknown, context: unknown) => unknown
>;
if (handler === undefined) throw new Error(`${file} exports no ${name}`);

process.on('message', ({ event, context, deadline }: Order) => void answer(event, { ...context, deadline }));

async function answer(event: unknown, { deadline, ...context }: Order['context'] & { deadline: number }) {
  const full = { ...context, getRemainingTimeInMillis: () => deadline - Date.now() };
  try {
    tell({ payload: JSON.stringify((await handler?.(event, full)) ?? null) });
  } catch (error) {
    const {
      name: errorType,
      message: errorMessage,
      stack = '',
    } = error instanceof Error ? error : new Error(String(error));
    tell({ error: { errorType, errorMessage, stack } });
  }
}

function tell(outcome: Outcome): void {
  process.send?.(outcome);
}
