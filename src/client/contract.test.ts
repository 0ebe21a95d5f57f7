import { Client, openRemoteLink } from './index.ts';
import { clientContract } from './contract.ts';
import { Net } from './net.fixture.ts';

clientContract('in the process of the host', async (test) => {
  const client = new Client(test.link());
  return { client, dispose: () => client.close() };
});

clientContract('over a wire', async (test) => {
  const near = test.link();
  const net = new Net(near, { token: 'secret' });
  const client = new Client(await openRemoteLink(net, { token: 'secret' }));
  return {
    client,
    async dispose() {
      await client.close();
      await near[Symbol.asyncDispose]();
    },
  };
});
