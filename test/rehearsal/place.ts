/** Where the rehearsed lab is. The account is that of moto. */
export const region = 'eu-west-1';
export const account = '123456789012';

export function arnOf(
  service: string,
  resource: string,
  at: { region?: string; account?: string } = {},
): string {
  return `arn:aws:${service}:${at.region ?? region}:${at.account ?? account}:${resource}`;
}

/** The credentials of whoever makes the stack: no policy is asked about them. */
export const admin = { accessKeyId: 'admin', secretAccessKey: 'admin' };
