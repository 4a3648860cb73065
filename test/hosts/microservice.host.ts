import { Controller, type INestApplication } from '@nestjs/common';
import { MessagePattern, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import type { AddressInfo, Server } from 'node:net';
import type { HostProfile } from './host-profile.js';

@Controller()
class TideController {
  @MessagePattern('tide')
  tide(@Payload() harbour: string): string {
    return `high tide at ${harbour}`;
  }
}

/** Where the messages of a running host go. */
export function messagePort(app: INestApplication): number {
  const [microservice] = app.getMicroservices();
  if (!microservice) throw new Error('the host has no microservice');
  return (microservice.unwrap<Server>().address() as AddressInfo).port;
}

/** Listens for messages besides HTTP, with the global settings of HTTP. */
export const microservice: HostProfile = {
  controllers: [TideController],
  start: async (app) => {
    app.connectMicroservice<MicroserviceOptions>(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
      { inheritAppConfig: true },
    );
    await app.startAllMicroservices();
  },
};
