import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { awsSigner } from '../../cli/client/sign-request.ts';
import { apiPath, labClient } from '../../cli/client/lab-client.ts';
import type { LabClient } from '../../cli/client/lab-client.ts';
import { machineArch } from '../../providers/machine.ts';
import type { Assembly } from '../fixtures/assembly.ts';
import { startEndpoints } from '../fixtures/ssh-endpoints.ts';
import { arnOf, region } from './place.ts';
import { openRehearsedLab } from './rehearsed-lab.ts';
import type { RehearsedLab } from './rehearsed-lab.ts';
import type { ScenarioLab } from './smoke-scenario.ts';
import { serveSuites } from './suite-server.ts';

/** A rehearsed lab with nodes that answer SSH, suites to be had, and people. */
export interface Rehearsal extends ScenarioLab, AsyncDisposable {
  readonly lab: RehearsedLab;
  /** The lab as somebody with credentials of their own sees it. */
  clientOf(login: string): LabClient;
}

export const machineType = 'box';
const house = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** Opens it all; the nodes are entered by `operator` through the API, as a person would. */
export async function openRehearsal(assembly: Assembly, nodes: number): Promise<Rehearsal> {
  await using opening = new AsyncDisposableStack();
  const targets = opening.use(await startEndpoints(nodes));
  const suites = opening.use(await serveSuites(house));
  const sshKey = await readFile(targets.endpoints[0]?.identityFile ?? '', 'utf8');
  const lab = opening.use(await openRehearsedLab({ assembly, sshKey }));
  const clientOf = (login: string) => {
    const credentials = lab.user(login);
    const { accessKeyId, secretAccessKey } = credentials;
    const sign = awsSigner({ region, credentials: async () => ({ accessKeyId, secretAccessKey }) });
    return labClient({ url: lab.url, token: () => null, sign });
  };
  const operator = clientOf('operator');
  for (const { name, user, address, port, hostKey } of targets.endpoints)
    await operator.put(apiPath('nodes', name), {
      machine_type: machineType,
      user,
      address,
      port,
      host_key: hostKey,
      arch: machineArch(),
    });
  const news = await subscribe(lab);
  const opened = opening.move();
  return {
    lab,
    machineType,
    suiteDir: suites.url,
    client: clientOf('ann'),
    clientOf,
    read: lab.read,
    news,
    tick: async () => await lab.events.fire((await lab.stack.one('AWS::Events::Rule', 'TriggersNotify')).id),
    [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
  };
}

/** Somebody who subscribes to the results of the lab; gives all that has come. */
async function subscribe(lab: RehearsedLab): Promise<() => Promise<string[]>> {
  const { sqs, sns } = lab.emulators;
  const topic = await lab.stack.one('AWS::SNS::Topic', 'Results');
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'people' }));
  const [owner = ''] = new URL(QueueUrl ?? '').pathname.split('/').slice(-2);
  const Endpoint = arnOf('sqs', 'people', { account: owner });
  await sns.send(new SubscribeCommand({ TopicArn: topic.ref, Protocol: 'sqs', Endpoint }));
  const all: string[] = [];
  return async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    for (const { Body = '{}' } of Messages) {
      const { Subject, Message } = JSON.parse(Body) as { Subject: string; Message: string };
      all.push(`${Subject}\n${Message}`);
    }
    return all;
  };
}
