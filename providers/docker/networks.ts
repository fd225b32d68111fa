import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { engineStatus, unlessGone } from './engine.ts';
import { having, labels, networkName } from './labels.ts';

/** The network of a lab. Made when it is missing. */
export async function ensureNetwork(params: { engine: Docker; lab: string }): Promise<void> {
  const { engine, lab } = params;
  await ensure(engine, networkName(lab), { [labels.lab]: lab });
}

/** The network of one attempt, which only its nodes are on. Made when it is missing, by one caller at a time; returns its name. */
export async function ensureJobNetwork(params: {
  engine: Docker;
  lab: string;
  job: string;
  fence: number;
}): Promise<string> {
  const { engine, lab, job, fence } = params;
  // Attempts of different jobs may have the same fence.
  const name = `${networkName(lab)}-${createHash('sha256').update(job).digest('hex').slice(0, 12)}-${fence}`;
  await ensure(engine, name, { [labels.lab]: lab, [labels.job]: job, [labels.fence]: String(fence) });
  return name;
}

async function ensure(engine: Docker, name: string, own: Record<string, string>): Promise<void> {
  const known = await engine.listNetworks(having(`${labels.lab}=${own[labels.lab]}`));
  if (known.some(({ Name }) => Name === name)) return;
  try {
    await engine.createNetwork({ Name: name, CheckDuplicate: true, Labels: own });
  } catch (error) {
    if (engineStatus(error) === 409) return; // another node of the job was quicker
    throw new Error(
      `the engine cannot make the network ${name}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** Puts a running container on a network, under the name of its node, in place of those that it is on. */
export async function moveToNetwork(
  engine: Docker,
  params: { container: Docker.Container; node: string; network: string },
): Promise<void> {
  const { container, node, network } = params;
  const { Networks } = (await container.inspect()).NetworkSettings;
  if (Networks[network] === undefined)
    await engine
      .getNetwork(network)
      .connect({ Container: container.id, EndpointConfig: { Aliases: [node] } });
  for (const old of Object.keys(Networks)) {
    if (old !== network) await engine.getNetwork(old).disconnect({ Container: container.id, Force: true });
  }
}

/** Removes the networks of attempts of a lab that no container is on any more. */
export async function sweepJobNetworks(engine: Docker, lab: string): Promise<void> {
  for (const { Id } of await engine.listNetworks(having(`${labels.lab}=${lab}`, labels.job))) {
    const network = engine.getNetwork(Id);
    const { Containers } = await network.inspect().catch(() => ({ Containers: null }));
    if (Containers !== null && Object.keys(Containers ?? {}).length > 0) continue;
    await network.remove().catch((error: unknown) => {
      if (engineStatus(error) !== 403) unlessGone(error); // 403: a node has come onto it meanwhile
    });
  }
}
