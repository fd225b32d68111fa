/** By these labels everything that the provider makes is found again, whoever made it and however it died. */
export const labels = {
  lab: 'loligo.lab',
  node: 'loligo.node',
  job: 'loligo.job', // RUN/JOB of the attempt that a network or container serves
  fence: 'loligo.fence',
  home: 'loligo.home', // the volume of a node's home
  image: 'loligo.image', // on images that `loligo image` may prune: `base` or `snapshot`
  key: 'loligo.key', // of a snapshot
  about: 'loligo.about', // what a snapshot holds, for people
  maker: 'loligo.maker', // id of the container in which a snapshot is being made
} as const;

/** The container of a node of a lab. */
export function containerName(lab: string, node: string): string {
  return `loligo-${lab}-${node}`;
}

/** The network on which nodes wait for a job, and where people's nodes see each other. */
export function networkName(lab: string): string {
  return `loligo-${lab}`;
}

/** A filter for lists of the engine. */
export function having(...labelled: readonly string[]): { filters: { label: string[] } } {
  return { filters: { label: [...labelled] } };
}
