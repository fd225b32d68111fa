import { Command } from 'commander';
import { InputError } from './client/failure.ts';
import { printJson, printLines } from './client/print.ts';

interface DeployInfoOptions {
  readonly stack: string;
  readonly json?: boolean;
}

/** `loligo deploy-info`: where a lab on AWS is. */
export function command(): Command {
  return new Command('deploy-info')
    .summary('print the URLs of a lab on AWS')
    .description(
      'Prints what the stack of a lab says about itself: its URLs, and the line that makes the other words use it. Asks CloudFormation, with the AWS profile of the surroundings.',
    )
    .option('--stack <name>', 'of the lab: loligo-NAME', 'loligo-lab')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  loligo deploy-info
  eval "$(loligo deploy-info --stack loligo-ceph | grep ^export)"

Exit status: 0 printed, 1 there is no such stack, or AWS refused.`,
    )
    .action(info);
}

async function info({ stack, json }: DeployInfoOptions): Promise<void> {
  const outputs = await outputsOf(stack);
  if (json) return await printJson(Object.fromEntries(outputs));
  const api = outputs.get('ApiUrl');
  const width = Math.max(...[...outputs.keys()].map((key) => key.length));
  await printLines([
    ...[...outputs].map(([key, value]) => `${key.padEnd(width)}  ${value}`),
    ...(api === undefined ? [] : [`export LOLIGO_API=${api.replace(/\/$/, '')}`]),
  ]);
}

async function outputsOf(stack: string): Promise<Map<string, string>> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient();
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    if (outputs.length === 0) throw new InputError(`the stack '${stack}' says nothing about a lab`);
    return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    if (!(error instanceof Error) || !/does not exist/.test(error.message)) throw error;
    throw new InputError(`no stack is named '${stack}' in this account and region: see --stack`, {
      cause: error,
    });
  } finally {
    client.destroy();
  }
}
