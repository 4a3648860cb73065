import { Injectable } from '@nestjs/common';
import { ClientRegistrationService, type Judgement, type RegistrationCredential } from 'nestjs-dynamic-registration';

/** Also understands the requests of clients from before the standard, which name one `redirect_uri`. */
@Injectable()
export class FormerRequestService extends ClientRegistrationService {
  /** The step that reads and judges the request; all rules see what is handed on here. */
  protected override async judge(body: unknown, credential?: RegistrationCredential): Promise<Judgement> {
    return super.judge(isFormerRequest(body) ? { ...body, redirect_uris: [body.redirect_uri] } : body, credential);
  }
}

function isFormerRequest(body: unknown): body is { redirect_uri: unknown } {
  return typeof body === 'object' && body !== null && 'redirect_uri' in body && !('redirect_uris' in body);
}
