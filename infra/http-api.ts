import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  CorsHttpMethod,
  HttpApi as Api,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** The HTTP API. Writes need the signature of an IAM identity that may invoke them; reads do too where they are private. */
export class HttpApi extends Construct {
  readonly api: Api;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.api = new Api(this, 'Api', {
      createDefaultStage: false,
      corsPreflight: { allowOrigins: ['*'], allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.HEAD] },
    });
    const log = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 100, burstLimit: 200 },
      accessLogSettings: { destination: new LogGroupLogDestination(log) },
    });
  }

  /**
   * Sends all requests to a function. Workers come with a token that is scoped to their pool, which the function checks: they are
   * outside of AWS and have no identity there.
   */
  serve(handler: IFunction, { privateReads }: { readonly privateReads: boolean }): void {
    const integration = new HttpLambdaIntegration('Function', handler);
    const signed = new HttpIamAuthorizer();
    const anybody = new HttpNoneAuthorizer();
    const { POST, PUT, PATCH, DELETE, GET, HEAD } = HttpMethod;
    this.api.addRoutes({
      path: '/{proxy+}',
      methods: [POST, PUT, PATCH, DELETE],
      integration,
      authorizer: signed,
    });
    this.api.addRoutes({
      path: '/v1/workers/{proxy+}',
      methods: [GET, POST, PUT],
      integration,
      authorizer: anybody,
    });
    for (const path of ['/', '/{proxy+}']) {
      this.api.addRoutes({
        path,
        methods: [GET, HEAD],
        integration,
        authorizer: privateReads ? signed : anybody,
      });
    }
    new ManagedPolicy(this, 'Users', {
      description: 'May use the lab: attach it to whoever submits suites, locks nodes and kills jobs',
      statements: [
        new PolicyStatement({
          actions: ['execute-api:Invoke'],
          resources: [
            Stack.of(this).formatArn({
              service: 'execute-api',
              resource: this.api.apiId,
              resourceName: '$default/*/*',
            }),
          ],
        }),
      ],
    });
  }
}
