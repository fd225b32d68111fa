const versions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ubuntu: {
    precise: '12.04',
    trusty: '14.04',
    xenial: '16.04',
    bionic: '18.04',
    focal: '20.04',
    jammy: '22.04',
    noble: '24.04',
  },
  debian: {
    wheezy: '7',
    jessie: '8',
    stretch: '9',
    buster: '10',
    bullseye: '11',
    bookworm: '12',
    trixie: '13',
  },
};

/** The version that a distribution's code name stands for, in lower case; anything else is a version already. */
export function osVersion(version: string, osType: string | null): string {
  const name = version.toLowerCase();
  const lists = osType === null ? Object.values(versions) : [versions[osType.toLowerCase()] ?? {}];
  return lists.map((list) => list[name]).find((found) => found !== undefined) ?? name;
}
