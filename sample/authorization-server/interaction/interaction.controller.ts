import { Body, Controller, Get, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiExcludeController } from '@nestjs/swagger';
import { OAuthClientService } from 'nestjs-dynamic-registration';
import type { Interaction, InteractionResults } from 'oidc-provider';
import { INTERACTION, ISSUER_PATH } from '../endpoints.js';
import { isAccount } from '../provider/accounts.js';
import { OidcProvider } from '../provider/oidc-provider.js';
import { consentPage } from './consent.page.js';
import { ConsentService } from './consent.service.js';
import { InteractionErrorFilter } from './interaction-error.filter.js';
import { loginPage } from './login.page.js';
import { rawRequest, rawResponse } from './node-http.js';
import { formTarget, pageHeaders } from './page.js';

/** Login and consent: the provider sends a person here, and takes over again when there is a result. */
@Controller(`${ISSUER_PATH}${INTERACTION}/:uid`)
@UseFilters(InteractionErrorFilter)
@ApiExcludeController()
export class InteractionController {
  constructor(
    private readonly oidc: OidcProvider,
    private readonly consents: ConsentService,
    private readonly clients: OAuthClientService,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  async show(@Req() request: object, @Res() response: object, @Query('wrong') wrong?: string): Promise<void> {
    const interaction = await this.interaction(request, response);
    const text =
      interaction.prompt.name === 'consent'
        ? consentPage(await this.consents.describe(interaction))
        : loginPage(await this.clientName(interaction), wrong !== undefined);
    this.write(response, interaction, text);
  }

  @Post()
  async answer(@Req() request: object, @Res() response: object, @Body() form: Record<string, unknown>): Promise<void> {
    const interaction = await this.interaction(request, response);
    const result = await this.resultOf(interaction, form ?? {});
    // Back to the page, which shows what is to be decided now.
    const wrong = interaction.prompt.name === 'login' ? '?wrong' : '';
    if (!result) return this.redirect(response, `${ISSUER_PATH}${INTERACTION}/${interaction.uid}${wrong}`);
    const { provider } = this.oidc;
    this.redirect(response, await provider.interactionResult(rawRequest(request), rawResponse(response), result));
  }

  /** @returns undefined for what decides nothing */
  private async resultOf(
    interaction: Interaction,
    form: Record<string, unknown>,
  ): Promise<InteractionResults | undefined> {
    if (form['action'] === 'deny') return { error: 'access_denied', error_description: 'the person did not consent' };
    if (interaction.prompt.name === 'consent') {
      return form['action'] === 'allow' ? this.consents.give(interaction, form['version']) : undefined;
    }
    if (!isAccount(form['username'], form['password'])) return undefined;
    return { login: { accountId: String(form['username']) } };
  }

  private async interaction(request: object, response: object): Promise<Interaction> {
    return this.oidc.provider.interactionDetails(rawRequest(request), rawResponse(response));
  }

  private async clientName({ params }: Interaction): Promise<string | undefined> {
    return (await this.clients.find(String(params['client_id'])))?.clientName ?? undefined;
  }

  private write(response: object, { params }: Interaction, text: string): void {
    const { httpAdapter } = this.adapterHost;
    for (const [name, value] of Object.entries(pageHeaders(formTarget(params['redirect_uri'])))) {
      httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, text, 200);
  }

  private redirect(response: object, url: string): void {
    this.adapterHost.httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    this.adapterHost.httpAdapter.redirect(response, 303, url);
  }
}
