import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { LabStack } from './lab-stack.ts';
import { labProps } from './lab-props.ts';

/** `npx cdk synth|deploy`: one stack, `Lab`, from the context (`-c name=…`); docs/aws.md lists what can be said there. */
const app = new App();
const props = labProps((key) => app.node.tryGetContext(key) as unknown);
new LabStack(app, 'Lab', { ...props, stackName: `loligo-${props.name}` });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
