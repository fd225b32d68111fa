import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ICommandHooks } from 'aws-cdk-lib/aws-lambda-nodejs';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { fileURLToPath } from 'node:url';

export interface LabFunctionProps {
  readonly does: string; // its description
  readonly seconds: number; // it may take
  readonly memory: number; // MB; the share of a processor grows with it
  readonly most?: number; // at once; default: what the account allows
  readonly environment: Readonly<Record<string, string>>;
  readonly lua?: boolean; // whether it runs merge scripts, whose interpreter is a file beside the bundle
  readonly pages?: boolean; // whether it serves the pages for people, which are built beside the bundle
}

const house = fileURLToPath(new URL('..', import.meta.url));
// Packages of the older kind look for `require`, which a bundle of modules does not have.
const banner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** What lies beside the bundle of a function. */
function beside({ lua, pages }: Pick<LabFunctionProps, 'lua' | 'pages'>): ICommandHooks {
  return {
    beforeInstall: () => [],
    beforeBundling: () => [],
    afterBundling: (input, output) => [
      ...(lua === true ? [`cp "${input}/node_modules/wasmoon/dist/glue.wasm" "${output}"`] : []),
      ...(pages === true
        ? [`"${input}/node_modules/.bin/vite" build "${input}/web" --outDir "${output}/pages"`]
        : []),
    ],
  };
}

/** `lambdas/ID.ts` as a function with a role and a log of its own: what it may do is what is granted to it, and writing that log. */
export class LabFunction extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: LabFunctionProps) {
    super(scope, id);
    const log = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    log.grantWrite(role);
    this.function = new NodejsFunction(this, 'Function', {
      entry: `${house}lambdas/${id}.ts`,
      handler: 'handler',
      description: props.does,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memory,
      timeout: Duration.seconds(props.seconds),
      ...(props.most !== undefined && { reservedConcurrentExecutions: props.most }),
      role,
      logGroup: log,
      environment: { ...props.environment },
      projectRoot: house,
      depsLockFilePath: `${house}package-lock.json`,
      awsSdkConnectionReuse: true,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        minify: true,
        keepNames: true,
        banner,
        bundleAwsSDK: true,
        externalModules: ['*.node', 'cpu-features'],
        mainFields: ['module', 'main'],
        commandHooks: beside(props),
      },
    });
  }

  /** Lets the function do these acts on these resources, and nothing else. */
  may(actions: readonly string[], resources: readonly string[]): this {
    this.function.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
    return this;
  }
}
