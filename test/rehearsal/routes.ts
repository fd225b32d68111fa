import type { FunctionHost } from './function-host.ts';
import type { Route } from './http-front.ts';
import { arnOf } from './place.ts';
import { judge } from './policy.ts';
import type { PolicyDocument } from './policy.ts';
import { forService } from './roles.ts';
import type { Stack } from './stack.ts';

/** The routes of the HTTP API, each with the function behind it and whether that lets the API call it. */
export async function routesOf(
  stack: Stack,
  functions: ReadonlyMap<string, FunctionHost>,
  callers: PolicyDocument,
): Promise<Route[]> {
  const routes = await stack.all('AWS::ApiGatewayV2::Route');
  const integrations = new Map(
    (await stack.all('AWS::ApiGatewayV2::Integration')).map((each) => [each.ref, each]),
  );
  return routes.map(({ id, properties }) => {
    const {
      RouteKey = '',
      AuthorizationType,
      Target = '',
      ApiId = '',
    } = properties as Record<string, string>;
    const { IntegrationUri, PayloadFormatVersion } =
      integrations.get(Target.replace('integrations/', ''))?.properties ?? {};
    const target = [...functions.values()].find(({ arn }) => arn === IntegrationUri);
    if (target === undefined || PayloadFormatVersion !== '2.0')
      throw new Error(`the route ${id} leads to no function`);
    const [method = '', path = ''] = RouteKey.split(' ');
    const verdict = judge(forService([callers], 'apigateway.amazonaws.com'), {
      action: 'lambda:InvokeFunction',
      resource: target.arn,
      context: { 'aws:SourceArn': arnOf('execute-api', `${ApiId}/$default/${method}${path}`) },
    });
    return { id, key: RouteKey, byIam: AuthorizationType === 'AWS_IAM', target, permitted: verdict.allowed };
  });
}
